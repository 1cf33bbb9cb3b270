import { parseJson } from '@muster/contract/platform/objects'
import type { Json } from '@muster/contract/values'
import { type ComponentProps, useState } from 'react'
import { Field, TextArea } from '../ui/field.tsx'

/** JSON as it is typed: its text, and what it says or what is wrong with it. */
export type TypedJson =
  | { readonly text: string; readonly value: Json; readonly problem?: never }
  | { readonly text: string; readonly value?: never; readonly problem: string }

export function typedJson(text: string): TypedJson {
  try {
    return { text, value: parseJson(text) }
  } catch (error) {
    return { text, problem: placed(text, error instanceof Error ? error.message : String(error)) }
  }
}

/** A field for JSON that says at once, by line, where it is none. */
export function JsonField(props: {
  readonly label: string
  readonly hint?: string
  readonly value: TypedJson
  readonly error?: string | undefined
  readonly onChange: (value: TypedJson) => void
  readonly rows?: ComponentProps<'textarea'>['rows']
}) {
  const { label, hint, value, error, onChange, rows = 12 } = props
  // What is being typed is hardly ever JSON; it is found fault with once the field is left.
  const [wasBlurred, setWasBlurred] = useState(false)
  return (
    <Field label={label} hint={hint} error={error ?? (wasBlurred ? value.problem : undefined)}>
      <TextArea
        rows={rows}
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-[0.93rem] leading-relaxed"
        value={value.text}
        onBlur={() => setWasBlurred(true)}
        onFocus={() => setWasBlurred(false)}
        onChange={({ target }) => onChange(typedJson(target.value))}
      />
    </Field>
  )
}

function placed(text: string, message: string): string {
  const position = /position (\d+)/.exec(message)?.[1]
  if (position === undefined || message.includes('line ')) return `Invalid JSON: ${message}`
  const before = text.slice(0, Number(position)).split('\n')
  return `Invalid JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${message}`
}
