import type { Outage } from './failures.ts'

/**
 * Whether the database can write, as far as its transactions have shown. A full disk still lets it read, so this is
 * kept apart.
 */
export interface Storage {
  /** Notes that a write failed for want of room or of a writable disk. */
  recordOutage(outage: Outage): void
  /** Notes that writing works. */
  recordWorking(): void
  /** The outage that prevents writes; undefined: none is known. */
  outage(): Outage | undefined
}

/** `onChange` is called when writes begin to fail, when the cause changes, and when they work again. */
export function createStorage(onChange: (outage: Outage | undefined) => void = () => {}): Storage {
  let currentOutage: Outage | undefined
  const setOutage = (outage: Outage | undefined): void => {
    if (currentOutage?.cause !== outage?.cause) onChange(outage)
    currentOutage = outage
  }
  return { recordOutage: setOutage, recordWorking: () => setOutage(undefined), outage: () => currentOutage }
}
