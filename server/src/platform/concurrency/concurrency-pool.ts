/**
 * Works on items until none is left, so many at once (`runConcurrencyPool`). A finished item makes room at once, and
 * new items are looked for each second while some are busy, so a slow one holds nothing up. After a failure nothing
 * more is started, and the first failure is thrown when the others are done.
 */
export async function runConcurrencyPool<Item>({
  at_once_max,
  signal,
  claim,
  work,
}: ConcurrencyPool<Item>): Promise<void> {
  const busy = new Set<Promise<void>>()
  const failures: unknown[] = []
  for (;;) {
    const may_begin = !signal.aborted && failures.length === 0 && busy.size < at_once_max
    const items = may_begin ? await claim(at_once_max - busy.size).catch(noteFailure) : []
    for (const item of items) {
      const task: Promise<void> = work(item)
        .catch((error: unknown) => void noteFailure(error))
        .finally(() => busy.delete(task))
      busy.add(task)
    }
    if (busy.size === 0) break
    await oneOf(busy)
  }
  if (failures.length > 0) throw failures[0]

  function noteFailure(error: unknown): [] {
    failures.push(error)
    return []
  }
}

export interface ConcurrencyPool<Item> {
  readonly at_once_max: number
  /** Nothing more is begun once it is aborted. */
  readonly signal: AbortSignal
  claim(max: number): Promise<readonly Item[]>
  work(item: Item): Promise<void>
}

const look_again_ms = 1_000

/** Waits until one of them is done, or it is time to look again. */
async function oneOf(busy: ReadonlySet<Promise<void>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, look_again_ms)
  })
  await Promise.race([...busy, time])
  clearTimeout(timer)
}
