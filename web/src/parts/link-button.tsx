import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { type ButtonProps, buttonLook } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'

type Looks = Pick<ButtonProps, 'look' | 'small'> & { readonly icon?: ReactNode }

function Anchor({ look, small, icon, className, children, ...rest }: ComponentProps<'a'> & Looks) {
  return (
    <a className={cx(buttonLook({ look, small }), className)} {...rest}>
      {icon}
      {children}
    </a>
  )
}

/** A link that looks like a button: it goes somewhere, so it can be opened in another tab. */
export const LinkButton = createLink(Anchor)
