import type { Goal } from '@muster/contract/planner/goals/goals'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import type { RunItem } from '@muster/contract/worker/runs'
import { count, money, percent } from '../../../ui/format.ts'
import { Meter } from '../../../ui/meter.tsx'
import { Facts } from '../../../ui/panel.tsx'

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
            ? [['Goal total', percent(cost / goal.spent.cost_micro_usd)] as const]
            : []),
          ...(budget === undefined
            ? [['Budget', 'No task budget. Goal, project and organization budgets apply.'] as const]
            : []),
        ]}
      />
      {budget !== undefined && budget.cost_micro_usd > 0 && (
        <div>
          <p className="mb-1 flex justify-between">
            <span>Cost</span>
            <span className="tabular-nums text-soft">
              {money(cost)} of {money(budget.cost_micro_usd)} per run
            </span>
          </p>
          <Meter label="Cost budget used" used={cost} limit={budget.cost_micro_usd} />
        </div>
      )}
      {budget !== undefined && budget.tokens > 0 && (
        <div>
          <p className="mb-1 flex justify-between">
            <span>Tokens</span>
            <span className="tabular-nums text-soft">
              {count(tokens)} of {count(budget.tokens)} per run
            </span>
          </p>
          <Meter label="Token budget used" used={tokens} limit={budget.tokens} />
        </div>
      )}
      {unknown > 0 && (
        <p className="text-soft">
          {unknown === 1 ? '1 run' : `${unknown} runs`} did not report usage. The reserved amount was charged.
        </p>
      )}
    </div>
  )
}
