import { cutText } from '@muster/contract/texts/graphemes'
import { Ident } from '../ident.tsx'

const shown_characters_max = 200_000

/** JSON as text, indented. What is too long to read is cut, and said so; it is copied whole. */
export function JsonView({ value, label = 'JSON' }: { readonly value: unknown; readonly label?: string }) {
  const text = JSON.stringify(value, null, 2) ?? 'undefined'
  const isTruncated = text.length > shown_characters_max
  return (
    <div className="group relative">
      <div className="absolute right-1 top-1 rounded bg-sunken">
        <Ident id={cutText(text, 5_000_000)} label="Copy" name="Copy JSON" />
      </div>
      <pre
        tabIndex={0}
        aria-label={label}
        className="max-h-[32rem] overflow-auto rounded-md bg-sunken p-3 pr-20 font-mono text-[0.86rem] leading-relaxed [overflow-wrap:anywhere] whitespace-pre-wrap"
      >
        {isTruncated ? cutText(text, shown_characters_max) : text}
      </pre>
      {isTruncated && (
        <p className="mt-1 text-soft">
          Showing the first {shown_characters_max.toLocaleString('en')} of {text.length.toLocaleString('en')}{' '}
          characters.
        </p>
      )}
    </div>
  )
}
