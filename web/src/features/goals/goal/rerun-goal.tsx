import { limits } from '@muster/contract/limits'
import { listGoals, rerunGoal } from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalLabel } from '@muster/contract/planner/goals/goals'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Checkbox, Field, TextInput } from '../../../ui/field.tsx'
import { Dialog } from '../../../ui/overlays/dialog.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed } from '../../../ui/states.tsx'

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
    <Dialog
      open
      onClose={onClose}
      title={`Rerun ${goalLabel(goal.number)}`}
      description="Creates a new goal with the same instructions, files and plan. This goal does not change."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={rerun.isPending}
            disabledReason={title.trim() === '' && 'Enter a title'}
            onClick={go}
          >
            Rerun
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          go()
        }}
      >
        <Field label="Title">
          <TextInput
            value={title}
            maxLength={limits.name_characters_max}
            onChange={({ target }) => setTitle(target.value)}
          />
        </Field>
        <Checkbox label="Start immediately" checked={start} onChange={({ target }) => setStart(target.checked)} />
        {rerun.error !== null && <Failed compact error={rerun.error} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
