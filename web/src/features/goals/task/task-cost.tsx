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
      <BudgetUse name="Cost" label="Cost budget used" used={cost} limit={budget?.cost_micro_usd} format={money} />
      <BudgetUse name="Tokens" label="Token budget used" used={tokens} limit={budget?.tokens} format={count} />
      {unknown > 0 && (
        <p className="text-soft">
          {unknown === 1 ? '1 run' : `${unknown} runs`} did not report usage. The reserved amount was charged.
        </p>
      )}
    </div>
  )
}

/** What the runs used of one kind, against what each of them may use; nothing where there is no limit. */
function BudgetUse(props: {
  readonly name: string
  readonly label: string
  readonly used: number
  readonly limit: number | undefined
  readonly format: (value: number) => string
}) {
  const { name, label, used, limit = 0, format } = props
  if (limit === 0) return null
  return (
    <div>
      <p className="mb-1 flex justify-between">
        <span>{name}</span>
        <span className="tabular-nums text-soft">
          {format(used)} of {format(limit)} per run
        </span>
      </p>
      <Meter label={label} used={used} limit={limit} />
    </div>
  )
}
