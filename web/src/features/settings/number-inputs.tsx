import { TextInput } from '../../ui/field.tsx'

/** A field for a share from 0 to 1. */
export function ShareInput(props: {
  readonly value: number
  readonly onChange: (value: number) => void
  readonly step?: number
}) {
  const { value, onChange, step = 0.01 } = props
  return (
    <TextInput
      type="number"
      min={0}
      max={1}
      step={step}
      value={value}
      onChange={({ target }) => onChange(Math.min(1, Math.max(0, Number(target.value))))}
    />
  )
}

/** A field for a whole number; the bounds are the browser's to show, and the server's to hold. */
export function WholeNumberInput(props: {
  readonly value: number
  readonly onChange: (value: number) => void
  readonly min: number
  readonly max: number
}) {
  const { value, onChange, min, max } = props
  return (
    <TextInput
      type="number"
      min={min}
      max={max}
      value={value}
      onChange={({ target }) => onChange(Math.trunc(Number(target.value)))}
    />
  )
}
