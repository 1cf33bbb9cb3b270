import type { Model, ModelTarget } from '@muster/contract/gateway/models'
import { Pin } from 'lucide-react'
import { count, money, percent } from '../../ui/format.ts'
import { Tag } from '../../ui/status.tsx'
import { tokenClasses } from './model-draft.ts'

/** The targets of a version: their shares of the calls, and what a million tokens of each class costs. */
export function TargetTable({ model }: { readonly model: Model }) {
  const { targets, pin } = model
  const sum = targets.reduce((total, { weight }) => total + weight, 0)
  const isPin = (one: ModelTarget): boolean => pin?.provider === one.provider && pin.model === one.model
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Targets and prices">
      <table className="w-full text-left">
        <thead className="text-[0.93rem] text-soft">
          <tr className="border-b border-line">
            <th scope="col" className="px-4 py-2 font-normal">
              Model
            </th>
            <th scope="col" className="px-2 py-2 text-right font-normal">
              Share
            </th>
            {tokenClasses.map(({ name, label }) => (
              <th key={name} scope="col" className="whitespace-nowrap px-2 py-2 text-right font-normal">
                {label}
              </th>
            ))}
            <th scope="col" className="whitespace-nowrap py-2 pl-2 pr-4 text-right font-normal">
              Max output
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {targets.map((target, at) => (
            <tr key={at}>
              <th scope="row" className="min-w-44 px-4 py-2 font-normal">
                <span className="font-medium [overflow-wrap:anywhere]">{target.model}</span>{' '}
                {isPin(target) && (
                  <Tag tone="busy">
                    <Pin aria-hidden size={12} /> pinned
                  </Tag>
                )}
                <span className="block text-soft">{target.provider}</span>
              </th>
              <td className="whitespace-nowrap px-2 py-2 text-right tabular-nums">
                {shareOf(target, { sum, pinned: pin && isPin(target) })}
              </td>
              {tokenClasses.map((one) => (
                <td key={one.name} className="px-2 py-2 text-right tabular-nums">
                  {target.prices[one.name] === undefined ? (
                    <span className="whitespace-nowrap text-soft">{'price_of' in one && `= ${one.price_of}`}</span>
                  ) : (
                    money(target.prices[one.name] ?? 0)
                  )}
                </td>
              ))}
              <td className="py-2 pl-2 pr-4 text-right tabular-nums">{count(target.output_tokens_max)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="border-t border-line px-4 py-2 text-[0.93rem] text-soft">
        Prices in USD / 1M tokens. Each call reserves its maximum cost before it is sent.
      </p>
    </div>
  )
}

/** Which share of the calls goes to a target: a pin takes all of them, and weight 0 waits for others to fail. */
function shareOf(
  { weight }: ModelTarget,
  { sum, pinned }: { readonly sum: number; readonly pinned: boolean | undefined },
): string {
  if (pinned !== undefined) return pinned ? 'all' : 'none'
  if (weight === 0) return sum === 0 ? 'round robin' : 'failover'
  return percent(weight / sum)
}
