import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { type ButtonProps, buttonClasses } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'

type Looks = Pick<ButtonProps, 'variant' | 'small'> & { readonly icon?: ReactNode }

function Anchor({ variant, small, icon, className, children, ...rest }: ComponentProps<'a'> & Looks) {
  return (
    <a className={cx(buttonClasses({ variant, small }), className)} {...rest}>
      {icon}
      {children}
    </a>
  )
}

/** A link that looks like a button: it goes somewhere, so it can be opened in another tab. */
export const LinkButton = createLink(Anchor)
