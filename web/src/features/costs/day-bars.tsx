import { FigureTable } from '../../ui/figure-table.tsx'
import { count, money, plural } from '../../ui/format.ts'
import type { Day } from './days.ts'

/** What was spent day by day, as bars; the same in figures stands in the table beside them. */
export function DayBars({ days }: { readonly days: readonly Day[] }) {
  const top = Math.max(1, ...days.map(({ cost_micro_usd }) => cost_micro_usd))
  const first = days[0]?.date ?? ''
  const last = days.at(-1)?.date ?? ''
  const with_costs = days.filter(({ cost_micro_usd, tokens }) => cost_micro_usd + tokens > 0).toReversed()
  return (
    <section className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <figure className="min-w-0">
        <figcaption className="mb-2 flex flex-wrap justify-between gap-2">
          <span className="font-semibold">Daily cost</span>
          <span className="text-soft">Peak day {money(top)}</span>
        </figcaption>
        <svg
          role="img"
          aria-label={`Daily cost from ${first} to ${last}: ${plural(with_costs.length, 'day')} with costs, peak day ${money(top)}`}
          viewBox={`0 0 ${days.length} 100`}
          preserveAspectRatio="none"
          className="h-44 w-full"
        >
          {[25, 50, 75, 100].map((y) => (
            <line
              key={y}
              x1={0}
              x2={days.length}
              y1={y}
              y2={y}
              vectorEffect="non-scaling-stroke"
              className="stroke-line"
            />
          ))}
          {days.map(({ date, cost_micro_usd }, at) => {
            // What was little is still seen: nothing is shown as no bar.
            const height = cost_micro_usd === 0 ? 0 : Math.max(1.5, (cost_micro_usd / top) * 100)
            return (
              <rect key={date} x={at + 0.12} width={0.76} y={100 - height} height={height} className="fill-accent">
                <title>{`${date}: ${money(cost_micro_usd)}`}</title>
              </rect>
            )
          })}
        </svg>
        <p className="mt-1 flex justify-between text-[0.93rem] text-soft tabular-nums">
          <time dateTime={first}>{first}</time>
          <time dateTime={last}>{last}</time>
        </p>
      </figure>
      <FigureTable
        dense
        label="Days"
        heading="Day (UTC)"
        nameOf={({ date }) => date}
        columns={[
          { title: 'Spent', cell: ({ cost_micro_usd }) => money(cost_micro_usd) },
          { title: 'Tokens', cell: ({ tokens }) => count(tokens) },
        ]}
        rows={with_costs}
        keyOf={({ date }) => date}
        className="max-h-60 rounded-md border border-line"
      />
    </section>
  )
}
