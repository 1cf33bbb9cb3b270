import type { ComponentProps } from 'react'
import { TextInput } from '../../ui/field.tsx'

/** What a `Field` gives its input goes through to it. */
type NumberInputProps = Omit<ComponentProps<typeof TextInput>, 'type' | 'value' | 'onChange'> & {
  readonly value: number
  readonly onChange: (value: number) => void
}

/** A field for a share from 0 to 1. */
export function ShareInput({ onChange, step = 0.01, ...rest }: NumberInputProps) {
  return (
    <TextInput
      {...rest}
      type="number"
      min={0}
      max={1}
      step={step}
      onChange={({ target }) => onChange(Math.min(1, Math.max(0, Number(target.value))))}
    />
  )
}

/** A field for a whole number; the bounds are the browser's to show, and the server's to hold. */
export function WholeNumberInput({ onChange, ...rest }: NumberInputProps) {
  return <TextInput {...rest} type="number" onChange={({ target }) => onChange(Math.trunc(Number(target.value)))} />
}
