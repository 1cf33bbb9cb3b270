import { changeGoal, getGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { priorities } from '@muster/contract/planner/tasks/task-definitions'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { Field, Select, TextArea } from '../../../ui/field.tsx'
import { words } from '../../../ui/format.ts'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed } from '../../../ui/states.tsx'
import { GoalFormDialog } from './goal-form-dialog.tsx'

/** Title, text and priority of a goal that has not ended. */
export function EditGoal({ goal, onClose }: { readonly goal: Goal; readonly onClose: () => void }) {
  const [title, setTitle] = useState(goal.title)
  const [text, setText] = useState(goal.text ?? '')
  const [priority, setPriority] = useState<Goal['priority']>(goal.priority)
  const change = useAct(changeGoal, {
    invalidates: [getGoal, listGoals],
    onDone: () => {
      toast('Goal updated')
      onClose()
    },
  })
  const { error } = change
  const at = (field: string): string | undefined => (error?.detail.field === field ? error.message : undefined)
  const isElsewhere = error !== null && !['title', 'text', 'priority'].includes(error.detail.field ?? '')
  const save = (): void =>
    change.mutate({
      params: { id: goal.id },
      body: { title, priority, ...(text === (goal.text ?? '') ? {} : { text }) },
    })
  return (
    <GoalFormDialog
      heading="Edit goal"
      act="Save"
      busy={change.isPending}
      title={title}
      titleError={at('title')}
      onTitle={setTitle}
      onSubmit={save}
      onClose={onClose}
    >
      <Field
        label="Instructions"
        hint="The current plan does not change. New instructions apply when you replan."
        error={at('text')}
      >
        <TextArea value={text} rows={5} onChange={({ target }) => setText(target.value)} />
      </Field>
      <Field label="Priority" error={at('priority')}>
        <Select
          value={priority}
          options={priorities.map((one) => [one, words(one)] as const)}
          onChange={({ target }) => setPriority(priorities.find((one) => one === target.value) ?? priority)}
        />
      </Field>
      {isElsewhere && <Failed compact error={error} />}
    </GoalFormDialog>
  )
}
