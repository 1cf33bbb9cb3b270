import { limits } from '@muster/contract/limits'
import type { ReactNode } from 'react'
import { Button } from '../../../ui/button.tsx'
import { Field, TextInput } from '../../../ui/field.tsx'
import { Dialog } from '../../../ui/overlays/dialog.tsx'

export interface GoalFormDialogProps {
  readonly heading: string
  readonly description?: string
  readonly act: string
  readonly busy: boolean
  readonly title: string
  readonly titleError?: string | undefined
  readonly onTitle: (title: string) => void
  /** The fields below the title, and what went wrong. */
  readonly children: ReactNode
  readonly onSubmit: () => void
  readonly onClose: () => void
}

/** A window with the title of a goal and more fields; a goal has to have a title. */
export function GoalFormDialog(props: GoalFormDialogProps) {
  const { heading, description, act, busy, title, titleError, onTitle, children, onSubmit, onClose } = props
  // Enter submits a form although its button cannot be pressed.
  const submit = (): void => {
    if (!busy && title.trim() !== '') onSubmit()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={heading}
      {...(description !== undefined && { description })}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={busy}
            disabledReason={title.trim() === '' && 'Enter a title'}
            onClick={submit}
          >
            {act}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Field label="Title" error={titleError}>
          <TextInput
            value={title}
            maxLength={limits.name_characters_max}
            onChange={({ target }) => onTitle(target.value)}
          />
        </Field>
        {children}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
