import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, useId } from 'react'
import { cx } from './cx.ts'

const box =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-ink placeholder:text-faint aria-invalid:border-bad'

/** A label, its control, a hint, and what is wrong with it. */
export function Field(props: {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly className?: string
  readonly children: ReactElement<{
    id?: string
    'aria-describedby'?: string | undefined
    'aria-invalid'?: boolean | undefined
  }>
}) {
  const { label, hint, error, className, children } = props
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {cloneElement(children, {
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': error !== undefined || undefined,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-[0.93rem] text-soft">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="text-bad">
          {error}
        </p>
      )}
    </div>
  )
}

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cx(box, 'min-h-9', className)} {...rest} />
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cx(box, 'py-2', className)} rows={4} {...rest} />
}

/** The browser's own list: it works with every keyboard, reader and phone. */
export function Select({
  className,
  options,
  ...rest
}: ComponentProps<'select'> & { readonly options: readonly (readonly [string, string])[] }) {
  return (
    <select className={cx(box, 'min-h-9 pr-7', className)} {...rest}>
      {options.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  )
}

/** A choice among a few, as a row of buttons that act like radio buttons. */
export function Choice<Value extends string>(props: {
  readonly label: string
  readonly value: Value
  readonly options: readonly (readonly [Value, ReactNode])[]
  readonly onChange: (value: Value) => void
}) {
  const { label, value, options, onChange } = props
  const name = useId()
  return (
    <fieldset className="inline-flex flex-wrap self-start rounded-md border border-line bg-surface p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(([option, text]) => (
        <label
          key={option}
          className={cx(
            'inline-flex min-h-8 cursor-pointer items-center rounded px-2.5 has-focus-visible:outline-2 has-focus-visible:outline-accent',
            option === value ? 'bg-accent-soft font-medium text-accent-strong' : 'text-soft hover:text-ink',
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option === value}
            onChange={() => onChange(option)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  )
}

/** A box to tick, large enough for a thumb. */
export function Checkbox({
  label,
  hidden_label,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { readonly label: ReactNode; readonly hidden_label?: boolean }) {
  return (
    <label className="inline-flex min-h-[24px] min-w-[24px] cursor-pointer items-center justify-center gap-2">
      <input type="checkbox" className="size-4 accent-accent" {...rest} />
      <span className={hidden_label === true ? 'sr-only' : ''}>{label}</span>
    </label>
  )
}
