import { type ReactNode, useState } from 'react'
import { Button } from '../button.tsx'
import { Dialog, type DialogProps } from './dialog.tsx'

export interface FormDialogProps extends Pick<DialogProps, 'title' | 'description' | 'onClose' | 'wide' | 'stays'> {
  readonly act: string
  /** Why it cannot be done yet. */
  readonly disabledReason?: string | undefined
  readonly children: ReactNode
  /** Called with the fields; what it throws is said below them, and the window stays. */
  readonly onSubmit: (form: FormData) => Promise<void>
}

/** A window with a form in it: its fields, what was wrong with them, and the one act that it is for. */
export function FormDialog({ act, disabledReason, children, onSubmit, ...dialog }: FormDialogProps) {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (form: FormData): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await onSubmit(form)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  return (
    <Dialog open {...dialog}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (disabledReason === undefined && !busy) void submit(new FormData(event.currentTarget))
        }}
      >
        {children}
        {problem !== undefined && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={dialog.onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} disabledReason={disabledReason}>
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
