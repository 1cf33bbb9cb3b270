import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/** A part of a page with a heading and, beside it, what can be done there. */
export function Panel(props: {
  readonly title?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
  /** Without padding inside: for tables and lists that reach to the edges. */
  readonly flush?: boolean
  readonly label?: string
}) {
  const { title, actions, children, className, flush, label } = props
  return (
    <section aria-label={label} className={cx('min-w-0 rounded-lg border border-line bg-surface', className)}>
      {(title !== undefined || actions !== undefined) && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  )
}

/** The head of a page: what it is, facts about it, what can be done. */
export function PageHead(props: {
  readonly title: ReactNode
  readonly above?: ReactNode
  readonly facts?: ReactNode
  readonly actions?: ReactNode
}) {
  const { title, above, facts, actions } = props
  return (
    <header className="mb-4 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {above !== undefined && <div className="mb-0.5 text-faint">{above}</div>}
        <h1 className="text-[1.55rem] font-semibold leading-tight tracking-tight [overflow-wrap:anywhere]">{title}</h1>
        {facts !== undefined && (
          <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">{facts}</div>
        )}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

/** Facts as a list of names and values. */
export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 gap-y-1.5">
      {items.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-faint">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
