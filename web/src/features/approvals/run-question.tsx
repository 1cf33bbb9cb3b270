import type { Approval } from '@muster/contract/approvals/approvals'
import { fieldOf } from '@muster/contract/platform/objects'
import { CornerDownLeft } from 'lucide-react'
import { type RefObject, useState } from 'react'
import { Content } from '../../components/content.tsx'
import { useShortcuts } from '../../providers/keys.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Field, TextArea } from '../../ui/field.tsx'
import { answer } from './answers.ts'

export interface RunQuestionProps {
  readonly approval: Approval
  /** Where an answer is typed, for the key that goes there. */
  readonly field: RefObject<HTMLTextAreaElement | null>
  readonly onDecided: () => void
}

/** The question of a run: what it offers as answers, each given by one press, and room for another answer. */
export function RunQuestion({ approval, field, onDecided }: RunQuestionProps) {
  const { task, options } = askedIn(approval.proposed)
  const permission = usePermission()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const isOpen = approval.status === 'open'
  const disabledReason = permission('approvals:decide').reason ?? (isOpen ? undefined : 'Already answered')
  const give = async (comment: string): Promise<void> => {
    if (disabledReason !== undefined || busy || comment.trim() === '') return
    setBusy(true)
    const isAccepted = await answer(approval, { action: 'answer', comment: comment.trim() })
    setBusy(false)
    if (isAccepted) onDecided()
  }
  useShortcuts(
    disabledReason !== undefined || busy
      ? []
      : options.slice(0, 9).map((option, at) => ({
          keys: String(at + 1),
          does: `Answer: ${option}`,
          group: 'This approval',
          run: () => void give(option),
        })),
  )
  return (
    <div className="flex flex-col gap-5">
      {task !== undefined && (
        <p className="text-soft">
          Asked in <span className="text-ink [overflow-wrap:anywhere]">{task}</span>. The run is paused until you
          answer.
        </p>
      )}
      {task === undefined && <Content value={approval.proposed} label="Subject" />}
      {options.length > 0 && (
        <ul aria-label="Suggested answers" className="flex flex-col items-stretch gap-2">
          {options.map((option, at) => (
            <li key={at}>
              <Button
                disabledReason={disabledReason}
                busy={busy}
                aria-keyshortcuts={at < 9 ? String(at + 1) : undefined}
                onClick={() => void give(option)}
                className="min-h-14 w-full justify-start whitespace-normal py-2 text-left text-[1.07rem]"
              >
                {at < 9 && <kbd className="font-mono text-[0.86rem] text-faint max-md:hidden">{at + 1}</kbd>}
                <span className="[overflow-wrap:anywhere]">{option}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isOpen && (
        <form
          className="flex flex-col items-start gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            void give(text)
          }}
        >
          <Field
            label={options.length > 0 ? 'Other answer' : 'Your answer'}
            hint="Sent to the agent as written. Ctrl/⌘ Enter to send."
            className="w-full"
          >
            <TextArea
              ref={field}
              rows={3}
              value={text}
              onChange={({ target }) => setText(target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void give(text)
              }}
            />
          </Field>
          <Button
            type="submit"
            variant="primary"
            icon={<CornerDownLeft aria-hidden size={14} />}
            disabledReason={disabledReason ?? (text.trim() === '' && 'Enter an answer')}
            busy={busy}
          >
            Send answer
          </Button>
        </form>
      )}
    </div>
  )
}

/** What the question brought along: the title of its task, and the answers that it offers. */
function askedIn(proposed: unknown): { readonly task?: string; readonly options: readonly string[] } {
  const task = fieldOf(proposed, 'task')
  const options = fieldOf(proposed, 'options')
  return {
    ...(typeof task === 'string' && { task }),
    options: Array.isArray(options) ? options.filter((one): one is string => typeof one === 'string') : [],
  }
}
