import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from '../button.tsx'
import { cx } from '../cx.ts'
import { Field, TextInput } from '../field.tsx'

export interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly description?: ReactNode
  readonly children?: ReactNode
  readonly footer?: ReactNode
  readonly wide?: boolean
  /** Stays where somebody presses beside it: what was typed into it would be lost. Escape and the cross close it still. */
  readonly stays?: boolean
}

/** A window over the page; Escape and the cross close it, and focus goes back to where it was. */
export function Dialog({ open, onClose, title, description, children, footer, wide, stays = false }: DialogProps) {
  const opener = useOpener(open)
  return (
    <Base.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()} disablePointerDismissal={stays}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Base.Popup
          finalFocus={opener}
          className={cx(
            'fixed left-1/2 top-1/2 z-50 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl border border-line bg-surface shadow-raised outline-none',
            wide ? 'max-w-4xl' : 'max-w-lg',
          )}
        >
          <header className="px-5 pr-12 pt-4">
            <div>
              <Base.Title className="text-[1.15rem] font-semibold">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description render={<div />} className="mt-1 text-soft">
                  {description}
                </Base.Description>
              )}
            </div>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
          <Close />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/**
 * What had the focus when a window opened, to give it back to. It has to be known before the window's fields are there,
 * since one of them may take the focus at once.
 */
function useOpener(open: boolean): () => HTMLElement | null {
  const [opener, setOpener] = useState(() => focusedNow())
  const [was, setWas] = useState(open)
  if (open !== was) {
    setWas(open)
    if (open) setOpener(focusedNow())
  }
  return () => opener
}

function focusedNow(): HTMLElement | null {
  const { activeElement } = document
  return activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null
}

/** A panel that slides over the right side: details of what is selected, with the page still there. */
export function SidePanel({
  open,
  onClose,
  title,
  children,
}: Omit<DialogProps, 'wide' | 'stays' | 'footer' | 'description'>) {
  return (
    <Base.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()} modal={false} disablePointerDismissal>
      <Base.Portal>
        <Base.Popup
          data-beside
          className="fixed inset-y-0 right-0 z-30 flex w-full max-w-[34rem] flex-col border-l border-line bg-surface shadow-raised outline-none"
        >
          <header className="border-b border-line py-3 pl-4 pr-12">
            <Base.Title render={<div />} className="min-w-0 font-semibold">
              {title}
            </Base.Title>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
          <Close />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Last in the order of the keyboard, so that a window opens on its first field; without a hint, which would take the first Escape. */
function Close() {
  return (
    <Base.Close
      aria-label="Close"
      className="absolute right-2 top-2 grid size-9 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink"
    >
      <X aria-hidden size={16} />
    </Base.Close>
  )
}

/** Asks before what cannot be undone: the act is possible once the word has been typed. */
export function TypedConfirm(props: {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly children: ReactNode
  readonly word: string
  readonly act: string
  /** Of the button that does nothing; absent: Cancel. */
  readonly dismiss?: string
  readonly busy?: boolean
  readonly reason?: { readonly label: string; readonly required?: boolean }
  readonly onConfirm: (reason: string) => void
}) {
  const { open, onClose, title, children, word, act, dismiss = 'Cancel', busy, reason, onConfirm } = props
  const [typed, setTyped] = useState('')
  const [why, setWhy] = useState('')
  const lacksReason = reason?.required === true && why.trim() === ''
  const disabledReason = typed.trim() !== word ? `Type ${word} to confirm` : lacksReason ? 'Enter a reason' : undefined
  const close = (): void => {
    setTyped('')
    setWhy('')
    onClose()
  }
  const submit = (): void => {
    if (disabledReason !== undefined || busy) return
    onConfirm(why)
    close()
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      footer={
        <>
          <Button onClick={close}>{dismiss}</Button>
          <Button variant="danger" disabledReason={disabledReason} busy={busy === true} onClick={submit}>
            {act}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        className="flex flex-col gap-4"
      >
        <div>{children}</div>
        {reason !== undefined && (
          <Field label={reason.label}>
            <TextInput value={why} onChange={(event) => setWhy(event.target.value)} />
          </Field>
        )}
        <Field
          label={
            <>
              Type <strong className="font-mono">{word}</strong> to confirm
            </>
          }
        >
          <TextInput
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Field>
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
