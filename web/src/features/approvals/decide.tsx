import type { AnswerAction, Approval } from '@muster/contract/approvals/approvals'
import { claimApproval, snoozeApproval } from '@muster/contract/approvals/operations'
import { Check, CornerUpLeft, Eye, MessageSquareReply, Moon, Pencil, Undo2, X } from 'lucide-react'
import { useState } from 'react'
import { act } from '../../api/query.ts'
import { type Shortcut, useShortcuts } from '../../providers/keys.tsx'
import { usePermission, useSession } from '../../providers/session.tsx'
import { Button, type ButtonProps } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { words } from '../../ui/format.ts'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { AmendDialog } from './amend-dialog.tsx'
import { answer, refresh, takeBack } from './answers.ts'
import { ReasonDialog } from './reason-dialog.tsx'
import { SnoozeDialog } from './snooze-dialog.tsx'

type Open = 'amend' | 'reject' | 'send_back' | 'snooze' | null

interface Deed extends Pick<ButtonProps, 'variant' | 'icon'> {
  readonly key: string
  readonly name: string
  readonly run: () => void
}

export interface DecideProps {
  readonly approval: Approval
  readonly onDecided: () => void
  /** Goes to where an answer in words is typed. */
  readonly onAnswer: () => void
}

/** What can be done about a question, by button and by key; always in view. */
export function Decide({ approval, onDecided, onAnswer }: DecideProps) {
  const { id, options, status } = approval
  const permission = usePermission()
  const { actor } = useSession()
  const [open, setOpen] = useState<Open>(null)
  const [busy, setBusy] = useState(false)
  const disabledReason = permission('approvals:decide').reason
  const close = (): void => setOpen(null)
  const give = async (
    action: AnswerAction,
    more: { comment?: string; content?: Approval['proposed'] } = {},
  ): Promise<void> => {
    setBusy(true)
    close()
    const isAccepted = await answer(approval, { action, ...more })
    setBusy(false)
    if (isAccepted) onDecided()
  }
  /** Who begins to write an answer is looking at it; others see that. */
  const begin = (what: Open | 'answer'): void => {
    if (what === 'answer') onAnswer()
    else setOpen(what)
    if (what !== 'snooze' && approval.claimed_by === undefined) void claim(id, undefined).catch(() => undefined)
  }
  const deeds = status === 'open' ? deedsOf({ options, give, begin }) : []
  const isClaimedByMe = approval.claimed_by?.id === actor.id
  const all: readonly Deed[] =
    status === 'open'
      ? [
          ...deeds,
          {
            key: 'h',
            name: 'Snooze',
            icon: <Moon aria-hidden size={14} />,
            variant: 'ghost',
            run: () => begin('snooze'),
          },
          {
            key: 'c',
            name: isClaimedByMe ? 'Release' : 'Claim',
            icon: <Eye aria-hidden size={14} />,
            variant: 'ghost',
            run: () => void claim(id, isClaimedByMe ? 0 : undefined).catch((error: unknown) => toastError(error)),
          },
        ]
      : status === 'decided'
        ? [
            {
              key: 'z',
              name: 'Undo',
              icon: <Undo2 aria-hidden size={14} />,
              run: () => void takeBack(approval),
            },
          ]
        : []
  useShortcuts(
    disabledReason !== undefined || busy
      ? []
      : all.map(({ key, name, run }): Shortcut => ({ keys: key, does: name, group: 'This approval', run })),
  )
  if (all.length === 0) return null
  return (
    <footer className="sticky bottom-0 flex flex-wrap items-center gap-1.5 rounded-b-lg border-t border-line bg-surface px-4 py-3 max-md:bottom-14 max-md:px-2 max-md:py-2">
      {all.map(({ key, name, icon, variant, run }) => (
        <Button
          key={key}
          variant={variant ?? 'plain'}
          icon={icon}
          disabledReason={disabledReason}
          busy={busy}
          onClick={run}
          aria-keyshortcuts={key}
          className="px-2.5 max-md:px-2"
        >
          <span className={cx(variant === 'ghost' && 'max-md:sr-only')}>{name}</span>
          <kbd className="font-mono text-[0.8rem] opacity-70 max-md:hidden">{key.toUpperCase()}</kbd>
        </Button>
      ))}
      <AmendDialog
        open={open === 'amend'}
        onClose={close}
        proposed={approval.proposed}
        onAmend={(content, comment) => void give('amend', { content, ...(comment && { comment }) })}
      />
      <ReasonDialog
        open={open === 'reject'}
        onClose={close}
        title="Reject"
        label="Reason"
        hint="Saved in the journal. The task ends as rejected."
        act="Reject"
        variant="danger"
        onGiven={(comment) => void give('reject', { comment })}
      />
      <ReasonDialog
        open={open === 'send_back'}
        onClose={close}
        title="Request changes"
        label="Feedback"
        hint="The agent gets this feedback on its next attempt."
        act="Request changes"
        variant="primary"
        onGiven={(comment) => void give('amend', { comment })}
      />
      <SnoozeDialog open={open === 'snooze'} onClose={close} onChosen={(until) => void snooze(id, until, close)} />
    </footer>
  )
}

const icons: Readonly<Partial<Record<AnswerAction, React.ReactNode>>> = {
  approve: <Check aria-hidden size={15} />,
  reject: <X aria-hidden size={15} />,
  amend: <Pencil aria-hidden size={14} />,
}
const keys: Readonly<Record<AnswerAction, string>> = {
  approve: 'a',
  amend: 'e',
  reject: 'r',
  answer: 'n',
  retry: 't',
  skip: 'i',
  continue: 'o',
  fail: 'l',
}

function deedsOf(parts: {
  readonly options: readonly AnswerAction[]
  readonly give: (action: AnswerAction) => Promise<void>
  readonly begin: (what: Open | 'answer') => void
}): readonly Deed[] {
  const { options, give, begin } = parts
  return inOrder(options).flatMap((action): Deed[] => {
    const base = { key: keys[action], icon: icons[action] }
    if (action === 'reject') return [{ ...base, name: 'Reject', variant: 'danger', run: () => begin('reject') }]
    if (action === 'approve') return [{ ...base, name: 'Approve', variant: 'good', run: () => void give('approve') }]
    if (action === 'answer')
      return [
        {
          ...base,
          name: 'Answer',
          icon: <MessageSquareReply aria-hidden size={14} />,
          variant: 'good',
          run: () => begin('answer'),
        },
      ]
    if (action !== 'amend') return [{ ...base, name: words(action), run: () => void give(action) }]
    return [
      { ...base, name: 'Edit', run: () => begin('amend') },
      {
        key: 's',
        name: 'Request changes',
        icon: <CornerUpLeft aria-hidden size={14} />,
        run: () => begin('send_back'),
      },
    ]
  })
}

/** What ends it stands last, away from what goes on. */
function inOrder(options: readonly AnswerAction[]): readonly AnswerAction[] {
  const last: readonly AnswerAction[] = ['reject', 'fail']
  return [...options.filter((action) => !last.includes(action)), ...options.filter((action) => last.includes(action))]
}

async function claim(id: string, for_ms: number | undefined): Promise<void> {
  await act(claimApproval, { params: { id }, body: for_ms === undefined ? {} : { for_ms } })
  await refresh()
}

async function snooze(id: string, until: Date, close: () => void): Promise<void> {
  close()
  try {
    await act(snoozeApproval, { params: { id }, body: { until: until.toISOString() } })
    toast(`Snoozed until ${until.toLocaleString()}`, {
      undo: () => void act(snoozeApproval, { params: { id }, body: { for_ms: 0 } }).then(refresh),
    })
  } catch (error) {
    toastError(error, 'Could not snooze')
  } finally {
    await refresh()
  }
}
