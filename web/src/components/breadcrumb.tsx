import { createLink } from '@tanstack/react-router'
import { Children, type ComponentProps, Fragment, type ReactNode } from 'react'
import { cx } from '../ui/cx.ts'

/** Where a page stands: the pages above it, as links with slashes between them. */
export function Breadcrumb({ children }: { readonly children: ReactNode }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      {Children.toArray(children).map((part, at) => (
        <Fragment key={at}>
          {at > 0 && <span aria-hidden>/</span>}
          {part}
        </Fragment>
      ))}
    </span>
  )
}

function Anchor({ className, children, ...rest }: ComponentProps<'a'>) {
  return (
    <a className={cx('inline-flex min-h-[24px] items-center hover:text-ink hover:underline', className)} {...rest}>
      {children}
    </a>
  )
}

export const BreadcrumbLink = createLink(Anchor)
