import { useLiveState } from '../../api/live-context.tsx'
import { cx } from '../../ui/cx.ts'
import { duration } from '../../ui/format.ts'
import { useNow } from '../../ui/time.tsx'

/** Whether what is on screen is current: connected, connecting again, or old since when. */
export function LiveIndicator() {
  const live = useLiveState()
  const now = useNow()
  const looks = {
    connecting: ['bg-warn', 'Connecting', 'Connecting to live updates.'],
    live: ['bg-good', 'Live', 'Live updates are on.'],
    reconnecting: ['bg-bad', 'Offline', 'Connection lost. Missed updates are loaded after reconnecting.'],
    ended: ['bg-bad', 'Ended', 'Live updates have ended.'],
  } as const
  const [dot, word, title] = looks[live.status]
  const stale_ms = live.status === 'reconnecting' ? Math.max(0, now - live.stale_since) : 0
  return (
    <p
      role="status"
      title={title}
      data-live={live.status}
      className="flex min-h-[24px] items-center gap-1.5 px-1 text-[0.86rem] whitespace-nowrap text-soft max-lg:justify-center"
    >
      <span className={cx('size-2 shrink-0 rounded-full', dot, live.status === 'reconnecting' && 'animate-pulse')} />
      <span className="max-lg:sr-only">
        {word}
        {live.status === 'reconnecting' && (
          <span aria-hidden>{` ${duration(Math.floor(stale_ms / 1000) * 1000)}`}</span>
        )}
      </span>
    </p>
  )
}

/** On a phone, where the indicator has no place: a line above the page while what it shows may be old. */
export function StaleBar() {
  const live = useLiveState()
  const now = useNow()
  if (live.status !== 'reconnecting') return null
  const stale_s = Math.max(0, Math.floor((now - live.stale_since) / 1000))
  return (
    <p className="bg-warn-soft px-4 py-1.5 text-warn md:hidden">
      Offline. Reconnecting… Data is <span aria-hidden>{duration(stale_s * 1000)}</span> old.
    </p>
  )
}
