import {
  cancelGoal,
  getGoal,
  getGoalBundle,
  listGoals,
  pauseGoal,
  resumeGoal,
} from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalEnds, goalLabel } from '@muster/contract/planner/goals/goals'
import { addressOf } from '@muster/sdk/request'
import { Ban, Download, Ellipsis, Pause, Pencil, Play, RotateCw, Route } from 'lucide-react'
import { useState } from 'react'
import { useAct } from '../../../api/query.ts'
import { usePermission } from '../../../providers/session.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { TypedConfirm } from '../../../ui/overlays/dialog.tsx'
import { Menu } from '../../../ui/overlays/menu.tsx'
import { toast, toastError } from '../../../ui/overlays/toast.tsx'
import { EditGoal } from './edit-goal.tsx'
import { ReplanGoal } from './replan-goal.tsx'
import { RerunGoal } from './rerun-goal.tsx'

const invalidates = [getGoal, listGoals]

/** What can be done with a goal: the one that fits now first, the others behind a button. */
export function GoalActs({ goal }: { readonly goal: Goal }) {
  const permission = usePermission()
  const [open, setOpen] = useState<'edit' | 'rerun' | 'replan' | 'cancel'>()
  const cancel = useAct(cancelGoal, { invalidates, onDone: () => toast(`${goalLabel(goal.number)} cancelled`) })
  const disabledReason = permission('goals:write').reason
  const endedReason = goalEnds.some((end) => end === goal.status) && 'This goal has ended'
  const close = (): void => setOpen(undefined)
  return (
    <>
      <MainAct goal={goal} disabledReason={disabledReason} />
      <Button
        icon={<RotateCw aria-hidden size={14} />}
        disabledReason={disabledReason}
        onClick={() => setOpen('rerun')}
      >
        Rerun
      </Button>
      <Menu
        label="More actions"
        trigger={<IconButton label="More actions" variant="plain" icon={<Ellipsis aria-hidden size={16} />} />}
        items={[
          {
            label: 'Download results',
            icon: <Download aria-hidden size={14} />,
            onSelect: () => downloadBundle(goal),
          },
          {
            label: 'Edit',
            icon: <Pencil aria-hidden size={14} />,
            disabledReason: disabledReason ?? endedReason,
            onSelect: () => setOpen('edit'),
          },
          {
            label: 'Replan',
            icon: <Route aria-hidden size={14} />,
            disabledReason: disabledReason ?? endedReason,
            onSelect: () => setOpen('replan'),
          },
          {
            label: 'Cancel goal…',
            icon: <Ban aria-hidden size={14} />,
            danger: true,
            disabledReason: disabledReason ?? endedReason,
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
        act="Cancel goal"
        dismiss="Keep goal"
        reason={{ label: 'Reason' }}
        onConfirm={(reason) =>
          cancel.mutate(
            { params: { id: goal.id }, body: reason.trim() === '' ? {} : { reason } },
            { onError: (error) => toastError(error, 'Could not cancel the goal') },
          )
        }
      >
        All unfinished tasks are cancelled, including running ones. Committed results stay. You cannot undo this, but
        you can rerun the goal.
      </TypedConfirm>
    </>
  )
}

function MainAct({ goal, disabledReason }: { readonly goal: Goal; readonly disabledReason: string | undefined }) {
  const pause = useAct(pauseGoal, {
    invalidates,
    onDone: () => toast('Goal paused. Running tasks finish; no new ones start.'),
  })
  const resume = useAct(resumeGoal, { invalidates, onDone: () => toast('Goal resumed') })
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
