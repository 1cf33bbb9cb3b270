import type { Goal } from '@muster/contract/planner/goals'
import type { Task } from '@muster/contract/planner/tasks'
import type { RunItem } from '@muster/contract/worker/runs'
import { count, money, percent } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { Facts } from '../../ui/panel.tsx'

/** What the runs of a task used, against what it may use and what its goal has used. */
export function TaskCost(props: { readonly goal: Goal; readonly task: Task; readonly runs: readonly RunItem[] }) {
  const { goal, task, runs } = props
  const cost = runs.reduce((sum, { usage }) => sum + (usage?.cost_micro_usd ?? 0), 0)
  const tokens = runs.reduce((sum, { usage }) => sum + (usage?.tokens ?? 0), 0)
  const unknown = runs.filter(({ usage, status }) => usage === undefined && status !== 'live').length
  const { budget } = task
  return (
    <div className="flex flex-col gap-4 p-4">
      <Facts
        items={[
          ['Spent', money(cost)],
          ['Tokens', count(tokens)],
          ['Runs', count(runs.length)],
          ...(goal.spent.cost_micro_usd > 0
            ? [['Of its goal', percent(cost / goal.spent.cost_micro_usd)] as const]
            : []),
          ...(budget === undefined
            ? [['Budget', 'none of its own; those of goal, project and organization hold'] as const]
            : []),
        ]}
      />
      {budget !== undefined && budget.cost_micro_usd > 0 && (
        <div>
          <p className="mb-1 flex justify-between">
            <span>Money</span>
            <span className="tabular-nums text-soft">
              {money(cost)} of {money(budget.cost_micro_usd)} a run
            </span>
          </p>
          <Meter label="Money used of the budget" used={cost} limit={budget.cost_micro_usd} />
        </div>
      )}
      {budget !== undefined && budget.tokens > 0 && (
        <div>
          <p className="mb-1 flex justify-between">
            <span>Tokens</span>
            <span className="tabular-nums text-soft">
              {count(tokens)} of {count(budget.tokens)} a run
            </span>
          </p>
          <Meter label="Tokens used of the budget" used={tokens} limit={budget.tokens} />
        </div>
      )}
      {unknown > 0 && (
        <p className="text-soft">
          {unknown === 1 ? 'One run' : `${unknown} runs`} did not say what was used; where something was held, the hold
          was charged.
        </p>
      )}
    </div>
  )
}
