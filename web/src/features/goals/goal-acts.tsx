import {
  cancelGoal,
  getGoal,
  getGoalBundle,
  listGoals,
  pauseGoal,
  resumeGoal,
} from '@muster/contract/planner/goal.operations'
import { type Goal, goalEnds, goalLabel } from '@muster/contract/planner/goals'
import { addressOf } from '@muster/sdk/request'
import { Ban, Download, Ellipsis, Pause, Pencil, Play, RotateCw, Route } from 'lucide-react'
import { useState } from 'react'
import { useAct } from '../../api/query.ts'
import { usePermission } from '../../providers/session.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { TypedConfirm } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast, toastError } from '../../ui/toast.tsx'
import { EditGoal } from './edit-goal.tsx'
import { ReplanGoal } from './replan-goal.tsx'
import { RerunGoal } from './rerun-goal.tsx'

const invalidates = [getGoal, listGoals]

/** What can be done with a goal: the one that fits now first, the others behind a button. */
export function GoalActs({ goal }: { readonly goal: Goal }) {
  const permission = usePermission()
  const [open, setOpen] = useState<'edit' | 'rerun' | 'replan' | 'cancel'>()
  const cancel = useAct(cancelGoal, { invalidates, onDone: () => toast(`${goalLabel(goal.number)} is cancelled`) })
  const disabledReason = permission('goals:write').reason
  const ended = goalEnds.some((end) => end === goal.status) && 'It has ended'
  const close = (): void => setOpen(undefined)
  return (
    <>
      <MainAct goal={goal} disabledReason={disabledReason} />
      <Button
        icon={<RotateCw aria-hidden size={14} />}
        disabledReason={disabledReason}
        onClick={() => setOpen('rerun')}
      >
        Run again
      </Button>
      <Menu
        label="More acts"
        trigger={<IconButton label="More acts" variant="plain" icon={<Ellipsis aria-hidden size={16} />} />}
        items={[
          {
            label: 'Download results',
            icon: <Download aria-hidden size={14} />,
            onSelect: () => downloadBundle(goal),
          },
          {
            label: 'Edit title, text or priority',
            icon: <Pencil aria-hidden size={14} />,
            disabledReason: disabledReason ?? ended,
            onSelect: () => setOpen('edit'),
          },
          {
            label: 'Give it a new plan',
            icon: <Route aria-hidden size={14} />,
            disabledReason: disabledReason ?? ended,
            onSelect: () => setOpen('replan'),
          },
          {
            label: 'Cancel the goal…',
            icon: <Ban aria-hidden size={14} />,
            danger: true,
            disabledReason: disabledReason ?? ended,
            onSelect: () => setOpen('cancel'),
          },
        ]}
      />
      {open === 'edit' && <EditGoal goal={goal} onClose={close} />}
      {open === 'replan' && <ReplanGoal goal={goal} onClose={close} />}
      {open === 'rerun' && <RerunGoal goal={goal} onClose={close} />}
      <TypedConfirm
        open={open === 'cancel'}
        onClose={close}
        title={`Cancel ${goalLabel(goal.number)}?`}
        word={goalLabel(goal.number)}
        act="Cancel the goal"
        reason={{ label: 'Reason (kept in the journal)' }}
        onConfirm={(reason) =>
          cancel.mutate(
            { params: { id: goal.id }, body: reason.trim() === '' ? {} : { reason } },
            { onError: (error) => toastError(error, 'The goal was not cancelled') },
          )
        }
      >
        Everything of it that has not ended is cancelled, also what runs now. What was committed stays. This cannot be
        taken back; a goal can only be run again as a new one.
      </TypedConfirm>
    </>
  )
}

function MainAct({ goal, disabledReason }: { readonly goal: Goal; readonly disabledReason: string | undefined }) {
  const pause = useAct(pauseGoal, { invalidates, onDone: () => toast('Paused: what runs ends, nothing new begins') })
  const resume = useAct(resumeGoal, { invalidates, onDone: () => toast('It goes on') })
  const params = { id: goal.id }
  const onError = (error: unknown): void => toastError(error)
  if (goal.status === 'running') {
    return (
      <Button
        icon={<Pause aria-hidden size={14} />}
        disabledReason={disabledReason}
        busy={pause.isPending}
        onClick={() => pause.mutate({ params, body: {} }, { onError })}
      >
        Pause
      </Button>
    )
  }
  if (goal.status !== 'paused' && goal.status !== 'planning') return null
  return (
    <Button
      variant="primary"
      icon={<Play aria-hidden size={14} />}
      disabledReason={disabledReason}
      busy={resume.isPending}
      onClick={() => resume.mutate({ params }, { onError })}
    >
      {goal.status === 'paused' ? 'Resume' : 'Start'}
    </Button>
  )
}

/** The server sends it as a file; the browser keeps it without the page holding it. */
function downloadBundle({ id, number }: Goal): void {
  const link = document.createElement('a')
  link.href = addressOf('', getGoalBundle, { params: { id } })
  link.download = `${goalLabel(number)}.zip`
  link.click()
}
