import { getGoal } from '@muster/contract/planner/goals/goal.operations'
import { getTask, retryTask } from '@muster/contract/planner/tasks/task.operations'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { JsonField, typedJson } from '../../../components/json-field.tsx'
import { Button } from '../../../ui/button.tsx'
import { Field, TextInput } from '../../../ui/field.tsx'
import { Dialog } from '../../../ui/overlays/dialog.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { Failed } from '../../../ui/states.tsx'

/** Tries a task again from here on, with another input than it had. */
export function RetryTask(props: {
  readonly task: Task
  readonly onClose: () => void
  readonly onOpen: (id: string) => void
}) {
  const { task, onClose, onOpen } = props
  const [input, setInput] = useState(() => typedJson(JSON.stringify(task.input, null, 2)))
  const [reason, setReason] = useState('')
  const retry = useAct(retryTask, {
    invalidates: [getTask, getGoal],
    onDone: ({ id }) => {
      onClose()
      toast('Retrying with new input')
      onOpen(id)
    },
  })
  const { error } = retry
  const place = [error?.detail.field, error?.detail.path].find((part) => typeof part === 'string') ?? ''
  const isOfInput = error !== null && /input/.test(String(place))
  const go = (): void =>
    retry.mutate({
      params: { id: task.id },
      // What was parsed from JSON is JSON.
      body: { input: input.value, ...(reason.trim() === '' ? {} : { reason }) },
    })
  return (
    <Dialog
      wide
      open
      onClose={onClose}
      title="Retry with new input"
      description="Creates a new plan revision from this task. Finished tasks before it stay; later ones run again."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={retry.isPending} disabledReason={input.problem} onClick={go}>
            Retry
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <JsonField
          label="Input"
          hint='JSON. Use {"$from": "key.output.field"} for the output of another task.'
          value={input}
          error={isOfInput ? error.message : undefined}
          onChange={setInput}
          rows={14}
        />
        <Field label="Reason" hint="Saved with the plan revision.">
          <TextInput value={reason} onChange={({ target }) => setReason(target.value)} />
        </Field>
        {error !== null && !isOfInput && <Failed compact error={error} />}
      </div>
    </Dialog>
  )
}
