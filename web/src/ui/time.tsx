import { useSyncExternalStore } from 'react'
import { duration } from './format.ts'

const listeners = new Set<() => void>()
let now_ms = Date.now()
let ticking: ReturnType<typeof setInterval> | undefined

/** One clock for the whole page, which ticks only while something shows a time. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  ticking ??= setInterval(() => {
    now_ms = Date.now()
    for (const notify of listeners) notify()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** The time now in milliseconds, in steps of `step_ms`, so that what changes by the minute is not drawn by the second. */
export function useNow(step_ms = 1_000): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now_ms / step_ms) * step_ms)
}

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** How long ago, or in how long; the whole date is its title. */
export function Ago({ at, className }: { readonly at: string; readonly className?: string }) {
  const time = Date.parse(at)
  const age_ms = useNow(Math.abs(Date.now() - time) > 3_600_000 ? 60_000 : 1_000) - time
  return (
    <time dateTime={at} title={absolute.format(time)} className={className}>
      {Math.abs(age_ms) < 2_000 ? 'just now' : age_ms < 0 ? `in ${rough(-age_ms)}` : `${rough(age_ms)} ago`}
    </time>
  )
}

/** The time of day with the date as title, for logs. */
export function Clock({ at }: { readonly at: string }) {
  const date = new Date(at)
  return (
    <time dateTime={at} title={absolute.format(date)} className="tabular-nums">
      {date.toLocaleTimeString(undefined, { hour12: false })}.{String(date.getMilliseconds()).padStart(3, '0')}
    </time>
  )
}

/** How long something took, or has been taking until now. */
export function Took({ from, to }: { readonly from: string; readonly to?: string | undefined }) {
  const now = useNow()
  const end = to === undefined ? Math.max(now, Date.parse(from)) : Date.parse(to)
  return <span className="tabular-nums">{duration(end - Date.parse(from))}</span>
}

function rough(ms: number): string {
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min`
  if (s < 86_400) return `${Math.floor(s / 3_600)} h`
  return `${Math.floor(s / 86_400)} d`
}
