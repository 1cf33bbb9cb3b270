import { lazy, Suspense, useState } from 'react'
import { Choice } from '../ui/field.tsx'
import { Loading } from '../ui/states.tsx'
import { JsonView } from '../ui/text/json-view.tsx'

const Markdown = lazy(async () => ({ default: (await import('../ui/text/markdown.tsx')).Markdown }))

/**
 * What an agent produced, as people read it: a text (or the one text field of an object) as Markdown, everything else as
 * JSON; the other way is one press away. Nothing in it can act: see `Markdown`.
 */
export function Content({ value, label }: { readonly value: unknown; readonly label?: string }) {
  const text = readable(value)
  const [raw, setRaw] = useState(false)
  if (text === undefined) return <JsonView value={value} label={label ?? 'Content'} />
  return (
    <div className="flex flex-col items-start gap-3">
      {raw ? (
        <div className="w-full">
          <JsonView value={value} label={label ?? 'Content'} />
        </div>
      ) : (
        <Suspense fallback={<Loading />}>
          <Markdown text={text} />
        </Suspense>
      )}
      <Choice
        label="View as"
        value={raw ? 'raw' : 'text'}
        onChange={(choice) => setRaw(choice === 'raw')}
        options={[
          ['text', 'Text'],
          ['raw', 'JSON'],
        ]}
      />
    </div>
  )
}

/** The text that a value is for a reader: itself, or its field `text`, `markdown`, `content` or `summary`. */
export function readable(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Record<string, unknown>
  return ['text', 'markdown', 'content', 'summary'].map((name) => fields[name]).find(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
