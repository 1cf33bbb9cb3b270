import { useCallback, useEffect, useRef } from 'react'

/**
 * Hands items over together, at most once per `step_ms` and on a frame. While the page is in the background there are no
 * frames, so they wait. The latest `take` is called.
 */
export function useBatches<Item>(step_ms: number, take: (items: readonly Item[]) => void): (item: Item) => void {
  const buffer = useRef<Item[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const frame = useRef<number>(undefined)
  const taken_at = useRef(0)
  const latest = useRef(take)
  useEffect(() => {
    latest.current = take
  })
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
      if (frame.current !== undefined) cancelAnimationFrame(frame.current)
      buffer.current = []
    },
    [],
  )
  return useCallback(
    (item) => {
      const flush = (): void => {
        const items = buffer.current
        buffer.current = []
        timer.current = undefined
        taken_at.current = performance.now()
        latest.current(items)
      }
      buffer.current.push(item)
      timer.current ??= setTimeout(
        () => {
          frame.current = requestAnimationFrame(flush)
        },
        Math.max(0, taken_at.current + step_ms - performance.now()),
      )
    },
    [step_ms],
  )
}
