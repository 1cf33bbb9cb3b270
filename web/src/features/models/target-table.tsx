import type { Model, ModelTarget } from '@muster/contract/gateway/models'
import { Pin } from 'lucide-react'
import { FigureTable } from '../../ui/figure-table.tsx'
import { count, money, percent } from '../../ui/format.ts'
import { Tag } from '../../ui/status.tsx'
import { tokenClasses } from './model-draft.ts'

/** The targets of a version: their shares of the calls, and what a million tokens of each class costs. */
export function TargetTable({ model }: { readonly model: Model }) {
  const { targets, pin } = model
  const sum = targets.reduce((total, { weight }) => total + weight, 0)
  const isPin = (one: ModelTarget): boolean => pin?.provider === one.provider && pin.model === one.model
  return (
    <>
      <FigureTable
        label="Targets and prices"
        heading="Model"
        nameOf={(target) => (
          <>
            <span className="font-medium [overflow-wrap:anywhere]">{target.model}</span>{' '}
            {isPin(target) && (
              <Tag tone="busy">
                <Pin aria-hidden size={12} /> pinned
              </Tag>
            )}
            <span className="block text-soft">{target.provider}</span>
          </>
        )}
        columns={[
          { title: 'Share', cell: (target) => shareOf(target, { sum, pinned: pin && isPin(target) }) },
          ...tokenClasses.map((one) => ({
            title: one.label,
            cell: ({ prices }: ModelTarget) =>
              prices[one.name] === undefined ? (
                <span className="text-soft">{'price_of' in one && `= ${one.price_of}`}</span>
              ) : (
                money(prices[one.name] ?? 0)
              ),
          })),
          { title: 'Max output', cell: ({ output_tokens_max }) => count(output_tokens_max) },
        ]}
        rows={targets}
        keyOf={(target) => String(targets.indexOf(target))}
      />
      <p className="border-t border-line px-4 py-2 text-[0.93rem] text-soft">
        Prices in USD / 1M tokens. Each call reserves its maximum cost before it is sent.
      </p>
    </>
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
