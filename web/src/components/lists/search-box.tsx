import { useEffect, useState } from 'react'
import { TextInput } from '../../ui/field.tsx'

const pause_ms = 250

/** A search field that tells what was typed after a pause, and follows what the address says. */
export function SearchBox(props: {
  readonly label: string
  readonly placeholder?: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly className?: string
}) {
  const { label, placeholder, value, onChange, className } = props
  const [typed, setTyped] = useState(value)
  const [lastValue, setLastValue] = useState(value)
  if (value !== lastValue) {
    setLastValue(value)
    setTyped(value)
  }
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(() => {
      setLastValue(typed)
      onChange(typed)
    }, pause_ms)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      className={className}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  )
}
