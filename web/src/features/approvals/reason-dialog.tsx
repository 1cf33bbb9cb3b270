import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { Dialog } from '../../ui/overlays/dialog.tsx'
import { AnswerText } from './answer-text.tsx'

export interface ReasonDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly label: string
  readonly hint: string
  readonly act: string
  readonly variant: 'danger' | 'primary'
  readonly onGiven: (text: string) => void
}

/** Asks for the words that an answer needs. Control or Command with Enter gives them. */
export function ReasonDialog({ open, onClose, title, label, hint, act, variant, onGiven }: ReasonDialogProps) {
  const [text, setText] = useState('')
  const disabledReason = text.trim() === '' ? 'Enter a reason' : undefined
  const give = (): void => {
    if (disabledReason !== undefined) return
    onGiven(text.trim())
    setText('')
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant={variant} disabledReason={disabledReason} onClick={give}>
            {act}
          </Button>
        </>
      }
    >
      <Field label={label} hint={hint}>
        <AnswerText value={text} onText={setText} onGive={give} />
      </Field>
    </Dialog>
  )
}
