import { getGoal } from '@muster/contract/planner/goals/goal.operations'
import { cancelTask, getTask, retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import { type Task, taskEnds } from '@muster/contract/planner/tasks/tasks'
import { Ban, CircleSlash, Pencil, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../../ui/overlays/toast.tsx'
import { RetryTask } from './retry-task.tsx'

const invalidates = [getTask, getGoal]

/** What can be done with a task. A retry is a new task in a new plan revision, which is then shown instead. */
export function TaskActs({ task, onOpen }: { readonly task: Task; readonly onOpen: (id: string) => void }) {
  const permission = usePermission()
  const [open, setOpen] = useState<'retry' | 'skip' | 'cancel'>()
  const retry = useAct(retryTask, {
    invalidates,
    onDone: ({ id }) => {
      toast('Retrying this task and the tasks after it')
      onOpen(id)
    },
  })
  const skip = useAct(skipTask, { invalidates, onDone: () => toast('Task skipped') })
  const cancel = useAct(cancelTask, { invalidates, onDone: () => toast('Task cancelled') })
  const hasEnded = taskEnds.some((end) => end === task.status)
  const disabledReason = permission('tasks:write').reason
  const onlyEnded = disabledReason ?? (hasEnded ? undefined : 'Only ended tasks can be retried')
  const onlyMoving = disabledReason ?? (hasEnded ? 'This task has ended' : undefined)
  const params = { id: task.id }
  const onError = (error: unknown): void => toastError(error)
  const close = (): void => setOpen(undefined)
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        small
        icon={<RotateCw aria-hidden size={13} />}
        disabledReason={onlyEnded}
        busy={retry.isPending}
        onClick={() => retry.mutate({ params, body: {} }, { onError })}
      >
        Retry
      </Button>
      <Button small icon={<Pencil aria-hidden size={13} />} disabledReason={onlyEnded} onClick={() => setOpen('retry')}>
        Retry with new input
      </Button>
      <Button
        small
        icon={<CircleSlash aria-hidden size={13} />}
        disabledReason={onlyMoving}
        busy={skip.isPending}
        onClick={() => setOpen('skip')}
      >
        Skip
      </Button>
      <Button
        small
        icon={<Ban aria-hidden size={13} />}
        disabledReason={onlyMoving}
        busy={cancel.isPending}
        onClick={() => setOpen('cancel')}
      >
        Cancel task
      </Button>
      {open === 'retry' && <RetryTask task={task} onClose={close} onOpen={onOpen} />}
      <Sure
        open={open === 'skip'}
        onClose={close}
        title="Skip this task?"
        act="Skip task"
        onConfirm={() => skip.mutate({ params, body: {} }, { onError })}
      >
        The task and the tasks after it are skipped, except those that continue after a failure.
      </Sure>
      <Sure
        open={open === 'cancel'}
        onClose={close}
        title="Cancel this task?"
        act="Cancel task"
        onConfirm={() => cancel.mutate({ params, body: {} }, { onError })}
      >
        Running work is stopped. Tasks after it end as the plan says. You can retry the task later.
      </Sure>
    </div>
  )
}

function Sure(props: {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly act: string
  readonly children: string
  readonly onConfirm: () => void
}) {
  const { open, onClose, title, act, children, onConfirm } = props
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Keep task</Button>
          <Button
            variant="danger"
            onClick={() => {
              onClose()
              onConfirm()
            }}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
