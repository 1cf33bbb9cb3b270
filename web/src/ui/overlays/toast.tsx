import { Toast } from '@base-ui/react/toast'
import { MusterError } from '@muster/sdk/errors'
import { X } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { Button, IconButton } from '../button.tsx'
import { cx } from '../cx.ts'

interface ToastData {
  readonly undo?: () => void
  readonly tone?: 'good' | 'bad'
}

const manager = Toast.createToastManager<ToastData>()

/** Says that something was done. With `undo` it can be taken back for as long as the message stands. */
export function toast(
  title: string,
  more: { readonly undo?: () => void; readonly for_ms?: number; readonly description?: string } = {},
): void {
  const { undo, for_ms = undo === undefined ? 4_000 : 10_000, description } = more
  const id = manager.add({
    title,
    ...(description === undefined ? {} : { description }),
    timeout: for_ms,
    data:
      undo === undefined
        ? {}
        : {
            undo: () => {
              manager.close(id)
              undo()
            },
          },
  })
}

/** Says that something failed, why, and what would help. It stays until it is closed. */
export function toastError(error: unknown, what?: string): void {
  const musterError = error instanceof MusterError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  const request = musterError?.request_id ? ` (request …${musterError.request_id.slice(-8)})` : ''
  const remedy = musterError?.detail.remedy === undefined ? '' : ` ${musterError.detail.remedy}`
  manager.add({
    title: what ?? message,
    description: `${what === undefined ? '' : `${message} `}${remedy}${request}`.trim(),
    timeout: 0,
    data: { tone: 'bad' },
  })
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      {children}
      <Toast.Portal>
        {/* Clear of what decides: that stands at the foot of the page, on a phone above its bar. */}
        <Toast.Viewport className="fixed bottom-20 right-4 z-60 flex w-[min(26rem,calc(100vw-2rem))] flex-col gap-2 max-md:bottom-auto max-md:top-3">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts } = Toast.useToastManager<ToastData>()
  const newest = toasts.find(({ data }) => data?.undo !== undefined)?.data?.undo
  useEffect(() => {
    latest = newest
    return () => {
      latest = undefined
    }
  }, [newest])
  return toasts.map((item) => (
    <Toast.Root
      key={item.id}
      toast={item}
      className={cx(
        'rounded-lg border bg-raised p-3 shadow-raised',
        item.data?.tone === 'bad' ? 'border-bad' : 'border-line',
      )}
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
          <Toast.Title className="font-medium" />
          <Toast.Description className="text-soft" />
        </div>
        {item.data?.undo !== undefined && (
          <Button small onClick={item.data.undo}>
            Undo <kbd className="font-mono text-[0.8rem] text-faint">U</kbd>
          </Button>
        )}
        <Toast.Close render={<IconButton small label="Dismiss" icon={<X aria-hidden size={14} />} />} />
      </div>
    </Toast.Root>
  ))
}

let latest: (() => void) | undefined

/** Takes back the newest thing that can still be taken back; false where there is none. */
export function undoLatest(): boolean {
  if (latest === undefined) return false
  latest()
  return true
}
