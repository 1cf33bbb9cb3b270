import { diffWordsWithSpace } from 'diff'
import { useMemo } from 'react'

export interface FieldChange {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

const words_characters_max = 60_000

/** Two texts as one, with what went and what came marked by sign, strike and colour. */
export function WordDiff({ before, after }: { readonly before: string; readonly after: string }) {
  const parts = useMemo(() => {
    if (before.length + after.length > words_characters_max) return undefined
    return diffWordsWithSpace(before, after, { timeout: 300 })
  }, [before, after])
  if (parts === undefined) return <LineDiff before={before} after={after} />
  return (
    <div className="whitespace-pre-wrap leading-relaxed [overflow-wrap:anywhere]">
      {parts.map(({ added, removed, value }, at) =>
        added ? (
          <ins
            key={at}
            className="rounded-sm bg-good-soft px-0.5 text-good underline decoration-good/60 underline-offset-2"
          >
            {value}
          </ins>
        ) : removed ? (
          <del key={at} className="mr-0.5 rounded-sm bg-bad-soft px-0.5 text-bad decoration-bad/70">
            {value}
          </del>
        ) : (
          <span key={at}>{value}</span>
        ),
      )}
    </div>
  )
}

/** For texts too long for words: before and after beneath each other. */
function LineDiff({ before, after }: { readonly before: string; readonly after: string }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="text-soft">Too long to compare word by word.</p>
      <del tabIndex={0} className="max-h-80 overflow-auto whitespace-pre-wrap rounded bg-bad-soft p-2 no-underline">
        {before}
      </del>
      <ins tabIndex={0} className="max-h-80 overflow-auto whitespace-pre-wrap rounded bg-good-soft p-2 no-underline">
        {after}
      </ins>
    </div>
  )
}

/** Changes of a document field by field; texts are compared by words. */
export function FieldDiff({
  changes,
  truncated,
}: {
  readonly changes: readonly FieldChange[]
  readonly truncated?: boolean
}) {
  if (changes.length === 0) return <p className="text-soft">No differences.</p>
  return (
    <div className="flex flex-col gap-3">
      {changes.map((change) => (
        <div key={`${change.op} ${change.path}`} className="rounded-md border border-line">
          <p className="flex items-center gap-2 border-b border-line bg-sunken px-2.5 py-1">
            <span className="font-medium">
              {{ add: '+ added', remove: '− removed', replace: '± changed' }[change.op]}
            </span>
            <code className="font-mono text-[0.86rem] text-soft [overflow-wrap:anywhere]">
              {change.path === '' ? 'Document' : change.path}
            </code>
          </p>
          <div
            tabIndex={0}
            role="group"
            aria-label={`Difference in ${change.path === '' ? 'document' : change.path}`}
            className="max-h-96 overflow-auto p-2.5 outline-offset-[-2px]"
          >
            <WordDiff
              before={change.op === 'add' ? '' : asText(change.before)}
              after={change.op === 'remove' ? '' : asText(change.after)}
            />
          </div>
        </div>
      ))}
      {truncated === true && <p className="text-soft">More differences are not shown.</p>}
    </div>
  )
}

/** A value as people read it: a text as itself, anything else as indented JSON. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
}
