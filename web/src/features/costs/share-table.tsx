import type { ReactNode } from 'react'
import { FigureTable } from '../../ui/figure-table.tsx'
import { count, money, percent } from '../../ui/format.ts'

export interface ShareRow {
  readonly key: string
  readonly name: ReactNode
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** What something was spent on, the most first: its money, its share in figures and as a bar, and its tokens. */
export function ShareTable({ title, rows }: { readonly title: string; readonly rows: readonly ShareRow[] }) {
  const sum = rows.reduce((total, { cost_micro_usd }) => total + cost_micro_usd, 0)
  return (
    <section className="min-w-0">
      <h2 className="mb-2 font-semibold">{title}</h2>
      {rows.length === 0 ? (
        <p className="text-soft">No costs</p>
      ) : (
        <FigureTable
          dense
          label={title}
          heading="Name"
          nameOf={({ name, cost_micro_usd }) => (
            <>
              <span className="block [overflow-wrap:anywhere]">{name}</span>
              <span aria-hidden className="mt-1 block h-1 rounded-full bg-sunken">
                <span
                  className="block h-1 rounded-full bg-accent"
                  style={{ width: `${sum === 0 ? 0 : (cost_micro_usd / sum) * 100}%` }}
                />
              </span>
            </>
          )}
          columns={[
            { title: 'Spent', cell: ({ cost_micro_usd }) => money(cost_micro_usd) },
            { title: 'Share', cell: ({ cost_micro_usd }) => (sum === 0 ? '' : percent(cost_micro_usd / sum)) },
            { title: 'Tokens', cell: ({ tokens }) => count(tokens) },
          ]}
          rows={rows}
          keyOf={({ key }) => key}
          className="max-h-96 rounded-md border border-line"
        />
      )}
    </section>
  )
}
