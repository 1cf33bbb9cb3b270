import type { ReactNode } from 'react'
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
        <div
          className="max-h-96 overflow-auto rounded-md border border-line"
          tabIndex={0}
          role="group"
          aria-label={title}
        >
          <table className="w-full text-left">
            <thead className="text-[0.93rem] text-soft">
              <tr className="border-b border-line">
                <th scope="col" className="px-3 py-1.5 font-normal">
                  Name
                </th>
                <th scope="col" className="px-2 py-1.5 text-right font-normal">
                  Spent
                </th>
                <th scope="col" className="px-2 py-1.5 text-right font-normal">
                  Share
                </th>
                <th scope="col" className="py-1.5 pl-2 pr-3 text-right font-normal">
                  Tokens
                </th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {rows.map(({ key, name, cost_micro_usd, tokens }) => (
                <tr key={key}>
                  <th scope="row" className="px-3 py-1.5 font-normal">
                    <span className="block [overflow-wrap:anywhere]">{name}</span>
                    <span aria-hidden className="mt-1 block h-1 rounded-full bg-sunken">
                      <span
                        className="block h-1 rounded-full bg-accent"
                        style={{ width: `${sum === 0 ? 0 : (cost_micro_usd / sum) * 100}%` }}
                      />
                    </span>
                  </th>
                  <td className="px-2 py-1.5 text-right tabular-nums">{money(cost_micro_usd)}</td>
                  <td className="whitespace-nowrap px-2 py-1.5 text-right tabular-nums">
                    {sum === 0 ? '' : percent(cost_micro_usd / sum)}
                  </td>
                  <td className="py-1.5 pl-2 pr-3 text-right tabular-nums">{count(tokens)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
