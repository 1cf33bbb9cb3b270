import type { MusterError } from '@muster/sdk/errors'
import { Inbox, Lock, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { cx } from './cx.ts'
import { Ident } from './ident.tsx'

/** Nothing here: what would stand here, why it does not, and the next step. */
export function Empty(props: {
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly icon?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <span className="text-faint">{props.icon ?? <Inbox aria-hidden size={28} strokeWidth={1.5} />}</span>
      <p className="font-medium">{props.title}</p>
      {props.children !== undefined && <div className="max-w-prose text-soft">{props.children}</div>}
      {props.action !== undefined && <div className="mt-2">{props.action}</div>}
    </div>
  )
}

/** Something is on its way; shaped like what comes. */
export function Loading({ lines = 4, className }: { readonly lines?: number; readonly className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={cx('flex flex-col gap-2.5 p-4', className)}>
      {Array.from({ length: lines }, (_, line) => (
        <div
          key={line}
          className={cx(
            'h-4 animate-pulse rounded bg-sunken',
            line % 3 === 2 ? 'w-1/2' : line % 3 === 1 ? 'w-4/5' : 'w-full',
          )}
        />
      ))}
    </div>
  )
}

/** A call failed: the cause in words, the request to name when asking for help, and a way on. */
export function Failed({
  error,
  onRetry,
  compact,
}: {
  readonly error: MusterError
  readonly onRetry?: (() => void) | undefined
  readonly compact?: boolean
}) {
  if (error.code === 'forbidden') return <Denied error={error} />
  const { remedy } = error.detail
  return (
    <div
      role="alert"
      className={cx('flex flex-col items-start gap-2 rounded-md bg-bad-soft text-ink', compact ? 'p-2.5' : 'm-4 p-4')}
    >
      <p className="flex items-start gap-2 font-medium">
        <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad" />
        <span className="[overflow-wrap:anywhere]">{error.message}</span>
      </p>
      {remedy !== undefined && <p className="text-soft">{remedy}</p>}
      <div className="flex flex-wrap items-center gap-2">
        {onRetry !== undefined && (
          <Button small onClick={onRetry}>
            Try again
          </Button>
        )}
        <span className="text-soft">{error.code}</span>
        {error.request_id !== null && (
          <Ident id={error.request_id} label={`Request …${error.request_id.slice(-8)}`} className="text-soft" />
        )}
      </div>
    </div>
  )
}

function Denied({ error }: { readonly error: MusterError }) {
  const permission = typeof error.detail.permission === 'string' ? error.detail.permission : undefined
  return (
    <Empty title="No access" icon={<Lock aria-hidden size={28} strokeWidth={1.5} />}>
      {permission === undefined ? (
        error.message
      ) : (
        <>
          Your key needs the permission <code className="font-mono">{permission}</code>. Ask whoever created the key.
        </>
      )}
    </Empty>
  )
}

interface QueryState<Answer> {
  readonly data: Answer | undefined
  readonly error: MusterError | null
  readonly refetch: () => unknown
}

/** Shows what was asked once it is there; before that its loading, and where it failed its failure. */
export function QueryBoundary<Data>({
  of,
  children,
  loading,
}: {
  readonly of: QueryState<Data>
  readonly children: (data: Data) => ReactNode
  readonly loading?: ReactNode
}) {
  // An answer from before a failed refresh is worth more than an empty page; the live indicator tells that it is old.
  if (of.data !== undefined) return children(of.data)
  if (of.error !== null) return <Failed error={of.error} onRetry={() => void of.refetch()} />
  return loading ?? <Loading />
}
