import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { cx } from '../ui/cx.ts'

interface Looks {
  readonly look?: 'primary' | 'plain' | 'ghost'
  readonly small?: boolean
  readonly icon?: ReactNode
}

const looks = {
  primary: 'border-transparent bg-accent font-medium text-on-accent hover:bg-accent-strong',
  plain: 'border-line bg-surface text-ink hover:bg-sunken',
  ghost: 'border-transparent text-soft hover:bg-sunken hover:text-ink',
} as const

function Anchor({ look = 'plain', small, icon, className, children, ...rest }: ComponentProps<'a'> & Looks) {
  return (
    <a
      className={cx(
        'inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border transition-colors',
        small ? 'min-h-7 px-2 text-[0.93rem]' : 'min-h-9 px-3',
        looks[look],
        className,
      )}
      {...rest}
    >
      {icon}
      {children}
    </a>
  )
}

/** A link that looks like a button: it goes somewhere, so it can be opened in another tab. */
export const LinkButton = createLink(Anchor)
