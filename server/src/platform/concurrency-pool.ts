/**
 * Works on what there is until nothing is left, so many at once. What is done makes room for more at once, and what comes
 * while some are busy is looked for each second: a slow one holds nothing else up. Where one fails nothing more is begun,
 * and the first failure is thrown once the others are done.
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
    const items = may_begin ? await claim(at_once_max - busy.size).catch(failed) : []
    for (const item of items) {
      const done: Promise<void> = work(item)
        .catch((error: unknown) => void failed(error))
        .finally(() => busy.delete(done))
      busy.add(done)
    }
    if (busy.size === 0) break
    await oneOf(busy)
  }
  if (failures.length > 0) throw failures[0]

  function failed(error: unknown): [] {
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

/** Until one of them is done, or it is time to look again. */
async function oneOf(busy: ReadonlySet<Promise<void>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, look_again_ms)
  })
  await Promise.race([...busy, time])
  clearTimeout(timer)
}
