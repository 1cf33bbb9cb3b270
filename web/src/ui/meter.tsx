import { cx } from './cx.ts'

/** How much of a limit is used: `used` solid, `held` on top of it paler. The words beside it say the same. */
export function Meter(props: {
  readonly label: string
  readonly used: number
  readonly held?: number
  readonly limit: number
}) {
  const { label, used, held = 0, limit } = props
  const share = limit === 0 ? 1 : Math.min(1, used / limit)
  const both = limit === 0 ? 1 : Math.min(1, (used + held) / limit)
  const tone = share >= 1 ? 'bg-bad' : share >= 0.9 ? 'bg-warn' : 'bg-accent'
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      className="relative h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div className="absolute inset-y-0 left-0 rounded-full bg-accent-soft" style={{ width: `${both * 100}%` }} />
      <div className={cx('absolute inset-y-0 left-0 rounded-full', tone)} style={{ width: `${share * 100}%` }} />
    </div>
  )
}

/** Counts over time as bars; the figures are in its label. */
export function Bars({
  values,
  marked,
  label,
}: {
  readonly values: readonly number[]
  readonly marked?: readonly number[]
  readonly label: string
}) {
  const top = Math.max(1, ...values.map((value, at) => value + (marked?.[at] ?? 0)))
  const width = 100 / Math.max(1, values.length)
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 32" preserveAspectRatio="none" className="h-12 w-full">
      <line x1="0" x2="100" y1="31.75" y2="31.75" className="stroke-line" strokeWidth="0.5" />
      {values.map((value, at) => {
        const bad = marked?.[at] ?? 0
        const height = (value / top) * 31
        const badHeight = (bad / top) * 31
        return (
          <g key={at}>
            {value > 0 && (
              <rect
                x={at * width + width * 0.12}
                width={width * 0.76}
                y={31.5 - height}
                height={height}
                className="fill-accent"
              />
            )}
            {bad > 0 && (
              <rect
                x={at * width + width * 0.12}
                width={width * 0.76}
                y={31.5 - height - badHeight}
                height={badHeight}
                className="fill-bad"
              />
            )}
          </g>
        )
      })}
    </svg>
  )
}
