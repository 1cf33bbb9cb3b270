import { listGoals, rerunGoal } from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalLabel } from '@muster/contract/planner/goals/goals'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { Checkbox } from '../../../ui/field.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed } from '../../../ui/states.tsx'
import { GoalFormDialog } from './goal-form-dialog.tsx'

/** States the goal again as a new one, from what this one was made of. */
export function RerunGoal({ goal, onClose }: { readonly goal: Goal; readonly onClose: () => void }) {
  const navigate = useNavigate()
  const [title, setTitle] = useState(goal.title)
  const [start, setStart] = useState(true)
  const rerun = useAct(rerunGoal, {
    invalidates: [listGoals],
    onDone: ({ id, number }) => {
      onClose()
      toast(`Created ${goalLabel(number)}`)
      void navigate({ to: '/goals/$goal_id', params: { goal_id: id } })
    },
  })
  const go = (): void =>
    rerun.mutate({ params: { id: goal.id }, body: { start, ...(title === goal.title ? {} : { title }) } })
  return (
    <GoalFormDialog
      heading={`Rerun ${goalLabel(goal.number)}`}
      description="Creates a new goal with the same instructions, files and plan. This goal does not change."
      act="Rerun"
      busy={rerun.isPending}
      title={title}
      onTitle={setTitle}
      onSubmit={go}
      onClose={onClose}
    >
      <Checkbox label="Start immediately" checked={start} onChange={({ target }) => setStart(target.checked)} />
      {rerun.error !== null && <Failed compact error={rerun.error} />}
    </GoalFormDialog>
  )
}
