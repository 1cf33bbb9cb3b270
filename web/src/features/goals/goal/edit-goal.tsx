import { limits } from '@muster/contract/limits'
import { changeGoal, getGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { priorities } from '@muster/contract/planner/tasks/task-definitions'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { Button } from '../../../ui/button.tsx'
import { Field, Select, TextArea, TextInput } from '../../../ui/field.tsx'
import { words } from '../../../ui/format.ts'
import { Dialog } from '../../../ui/overlays/dialog.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed } from '../../../ui/states.tsx'

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
    <Dialog
      open
      onClose={onClose}
      title="Edit goal"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={change.isPending}
            disabledReason={title.trim() === '' && 'Enter a title'}
            onClick={save}
          >
            Save
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <Field label="Title" error={at('title')}>
          <TextInput
            value={title}
            maxLength={limits.name_characters_max}
            onChange={({ target }) => setTitle(target.value)}
          />
        </Field>
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
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
