import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Tip } from './overlays/tip.tsx'

const variants = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent font-medium',
  plain: 'bg-surface text-ink hover:bg-sunken border-line',
  ghost: 'bg-transparent text-soft hover:bg-sunken hover:text-ink border-transparent',
  danger: 'bg-bad-soft text-bad hover:border-bad border-transparent font-medium',
  good: 'bg-good-soft text-good hover:border-good border-transparent font-medium',
} as const

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly variant?: keyof typeof variants | undefined
  readonly small?: boolean | undefined
  /** Why it cannot be used now. It stays focusable and says so; absent: it can. */
  readonly disabledReason?: string | false | undefined
  readonly busy?: boolean
  readonly icon?: ReactNode
}

/** How a button looks, for links that look like one too. */
export function buttonClasses({ variant = 'plain', small }: Pick<ButtonProps, 'variant' | 'small'>): string {
  const size = small ? 'min-h-7 px-2 text-[0.93rem]' : 'min-h-9 px-3'
  return `inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border transition-colors ${size} ${variants[variant]}`
}

/** A button. What is not allowed is shown with its reason instead of being hidden. */
export function Button({
  variant = 'plain',
  small,
  disabledReason,
  busy,
  icon,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const isOff = Boolean(disabledReason) || busy === true
  const button = (
    <button
      type="button"
      aria-disabled={isOff || undefined}
      aria-description={disabledReason || undefined}
      aria-busy={busy || undefined}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
      className={cx(buttonClasses({ variant, small }), isOff && 'cursor-not-allowed opacity-60', className)}
      {...rest}
    >
      {icon}
      {children}
    </button>
  )
  return disabledReason ? (
    <Tip text={disabledReason} on_press>
      {button}
    </Tip>
  ) : (
    button
  )
}

/** A button that shows a picture alone; its label is read out and shown on hover. */
export function IconButton({ label, keys, ...rest }: ButtonProps & { readonly label: string; readonly keys?: string }) {
  return (
    <Tip
      text={rest.disabledReason || (keys === undefined ? label : `${label} (${keys})`)}
      on_press={Boolean(rest.disabledReason)}
    >
      <Button
        variant="ghost"
        aria-label={label}
        {...rest}
        disabledReason={undefined}
        {...(rest.disabledReason
          ? { 'aria-disabled': true, 'aria-description': rest.disabledReason, onClick: undefined }
          : {})}
        className={cx('min-w-9 px-0', rest.className)}
      />
    </Tip>
  )
}
