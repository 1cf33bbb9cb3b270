import {
  getGoal,
  getGoalGraph,
  getGoalPlan,
  listGoalPlans,
  listGoalTasks,
} from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import type { Plan } from '@muster/contract/planner/plans/plans'
import { useState } from 'react'
import { useAct, useApi } from '../../../api/query.ts'
import { JsonField, typedJson } from '../../../components/json-field.tsx'
import { Button } from '../../../ui/button.tsx'
import { Field, TextInput } from '../../../ui/field.tsx'
import { plural } from '../../../ui/format.ts'
import { Dialog } from '../../../ui/overlays/dialog.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed, QueryBoundary } from '../../../ui/states.tsx'
import { checkPlan } from '../new/plan/plan-editing.ts'

interface ReplanGoalProps {
  readonly goal: Goal
  readonly onClose: () => void
}

/** Gives a goal a new plan, made from the one it has. What is finished and stays as it was is kept. */
export function ReplanGoal({ goal, onClose }: ReplanGoalProps) {
  const plan = useApi(getGoalPlan, { params: { id: goal.id, revision: goal.plan_revision } })
  return (
    <Dialog
      wide
      open
      onClose={onClose}
      title="Replan goal"
      description="Creates a new plan revision. Unchanged finished tasks keep their results; changed and new tasks run."
    >
      <QueryBoundary of={plan}>{({ tasks }) => <Editor goal={goal} tasks={tasks} onClose={onClose} />}</QueryBoundary>
    </Dialog>
  )
}

function Editor({ goal, tasks, onClose }: ReplanGoalProps & { readonly tasks: Plan['tasks'] }) {
  const [text, setText] = useState(() => typedJson(JSON.stringify({ tasks }, null, 2)))
  const [reason, setReason] = useState('')
  const planCheck = text.problem === undefined ? checkPlan(text.value) : undefined
  const [first] = planCheck?.problems ?? []
  const problem = text.problem ?? (first === undefined ? undefined : `${first.path}: ${first.problem}`)
  const give = useAct(replan, {
    invalidates: [getGoal, getGoalGraph, listGoalPlans, listGoalTasks],
    onDone: ({ kept_tasks, new_tasks }) => {
      onClose()
      toast('Plan updated', { description: `${plural(new_tasks.length, 'new task')}, ${kept_tasks.length} kept` })
    },
  })
  const go = (): void => {
    if (planCheck?.plan === undefined) return
    give.mutate({ body: { goal_id: goal.id, plan: planCheck.plan, ...(reason.trim() !== '' && { reason }) } })
  }
  return (
    <div className="flex flex-col gap-4">
      <JsonField label="Plan" value={text} error={problem} onChange={setText} rows={18} />
      <Field label="Reason" hint="Saved with the plan revision.">
        <TextInput value={reason} onChange={({ target }) => setReason(target.value)} />
      </Field>
      {give.error !== null && <Failed compact error={give.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={give.isPending} disabledReason={problem} onClick={go}>
          Replan
        </Button>
      </div>
    </div>
  )
}
