import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Tip } from './tip.tsx'

const looks = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent font-medium',
  plain: 'bg-surface text-ink hover:bg-sunken border-line',
  ghost: 'bg-transparent text-soft hover:bg-sunken hover:text-ink border-transparent',
  danger: 'bg-bad-soft text-bad hover:border-bad border-transparent font-medium',
  good: 'bg-good-soft text-good hover:border-good border-transparent font-medium',
} as const

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly look?: keyof typeof looks | undefined
  readonly small?: boolean | undefined
  /** Why it cannot be used now. It stays focusable and says so; absent: it can. */
  readonly denied?: string | false | undefined
  readonly busy?: boolean
  readonly icon?: ReactNode
}

/** How a button looks, for links that look like one too. */
export function buttonLook({ look = 'plain', small }: Pick<ButtonProps, 'look' | 'small'>): string {
  const size = small ? 'min-h-7 px-2 text-[0.93rem]' : 'min-h-9 px-3'
  return `inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md border transition-colors ${size} ${looks[look]}`
}

/** A button. What is not allowed is shown with its reason instead of being hidden. */
export function Button({
  look = 'plain',
  small,
  denied,
  busy,
  icon,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const isOff = Boolean(denied) || busy === true
  const button = (
    <button
      type="button"
      aria-disabled={isOff || undefined}
      aria-description={denied || undefined}
      aria-busy={busy || undefined}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
      className={cx(buttonLook({ look, small }), isOff && 'cursor-not-allowed opacity-60', className)}
      {...rest}
    >
      {icon}
      {children}
    </button>
  )
  return denied ? (
    <Tip text={denied} on_press>
      {button}
    </Tip>
  ) : (
    button
  )
}

/** A button that shows a picture alone; its label is read out and shown on hover. */
export function IconButton({ label, keys, ...rest }: ButtonProps & { readonly label: string; readonly keys?: string }) {
  return (
    <Tip text={rest.denied || (keys === undefined ? label : `${label} (${keys})`)} on_press={Boolean(rest.denied)}>
      <Button
        look="ghost"
        aria-label={label}
        {...rest}
        denied={undefined}
        {...(rest.denied ? { 'aria-disabled': true, 'aria-description': rest.denied, onClick: undefined } : {})}
        className={cx('min-w-9 px-0', rest.className)}
      />
    </Tip>
  )
}
