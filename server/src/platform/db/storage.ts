import type { Outage } from './failures.ts'

/** Whether the database can write, as far as is known. Reading goes on with a full disk, so it is kept apart. */
export interface Storage {
  /** Notes that a write failed for want of room or of a writable disk. */
  failed(outage: Outage): void
  /** Notes that writing works. */
  works(): void
  /** What keeps the database from writing; undefined: nothing that is known. */
  outage(): Outage | undefined
}

/** `onChange` is told when writing begins to fail, when the cause changes, and when it works again. */
export function createStorage(onChange: (outage: Outage | undefined) => void = () => {}): Storage {
  let known: Outage | undefined
  const set = (outage: Outage | undefined): void => {
    if (known?.cause !== outage?.cause) onChange(outage)
    known = outage
  }
  return { failed: set, works: () => set(undefined), outage: () => known }
}
