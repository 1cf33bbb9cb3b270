import { parseJson } from '@muster/contract/platform/objects'
import type { Json } from '@muster/contract/values'
import { useState } from 'react'
import { readable } from '../../components/content.tsx'
import { Button } from '../../ui/button.tsx'
import { Field, TextInput } from '../../ui/field.tsx'
import { Dialog } from '../../ui/overlays/dialog.tsx'
import { WordDiff } from '../../ui/text/diff.tsx'
import { AnswerText } from './answer-text.tsx'

export interface AmendDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly proposed: Json
  readonly onAmend: (content: Json, comment: string) => void
}

/** Edits the result itself: its text where it is one, else its JSON; below, what the edit changes. */
export function AmendDialog({ open, onClose, proposed, onAmend }: AmendDialogProps) {
  const original = textOf(proposed)
  const [text, setText] = useState(original)
  const [comment, setComment] = useState('')
  const result = contentOf(proposed, text)
  const disabledReason = text === original ? 'No changes' : 'problem' in result ? result.problem : undefined
  const give = (): void => {
    if (disabledReason === undefined && 'content' in result) onAmend(result.content, comment.trim())
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      wide
      title="Edit result"
      description="The edited result is checked again, then committed. It is marked as edited by you."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabledReason={disabledReason} onClick={give}>
            Save and commit
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Edited result" error={'problem' in result ? result.problem : undefined}>
          <AnswerText
            rows={14}
            spellCheck
            value={text}
            className="font-mono text-[0.93rem]"
            onText={setText}
            onGive={give}
          />
        </Field>
        <Field label="Comment" hint="Optional">
          <TextInput value={comment} onChange={({ target }) => setComment(target.value)} />
        </Field>
        {text !== original && (
          <section>
            <h3 className="mb-1 font-medium">Changes</h3>
            <div
              tabIndex={0}
              role="group"
              aria-label="Changes"
              className="max-h-60 overflow-auto rounded-md border border-line p-3"
            >
              <WordDiff before={original} after={text} />
            </div>
          </section>
        )}
      </div>
    </Dialog>
  )
}

function textOf(proposed: Json): string {
  return readable(proposed) ?? JSON.stringify(proposed, null, 2)
}

/** The edited text put back where it stood; JSON that cannot be read is a problem with its place. */
function contentOf(proposed: Json, text: string): { readonly content: Json } | { readonly problem: string } {
  if (typeof proposed === 'string') return { content: text }
  const proposedText = readable(proposed)
  if (proposedText !== undefined && typeof proposed === 'object' && proposed !== null) {
    return {
      content: Object.fromEntries(
        Object.entries(proposed).map(([name, value]) => [name, value === proposedText ? text : value]),
      ),
    }
  }
  try {
    return { content: parseJson(text) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'Invalid JSON' }
  }
}
