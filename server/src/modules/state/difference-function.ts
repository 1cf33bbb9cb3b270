import { parseJson } from '@muster/contract/platform/objects'
import type { Json } from '@muster/contract/values'
import { boundedFunction } from '../../platform/threads/bounded-function.ts'
import { type Differences, differences } from './difference.rules.ts'

interface DifferenceInput {
  /** JSON text; undefined is an absent document. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly changes_max: number
}

/** A difference deep inside is looked at once for each list around it. */
const ms_per_character = 0.002

/** `differences` as a bounded function over stored documents. */
export const difference = boundedFunction({
  name: 'state.difference',
  subject: 'Comparing the versions of the document',
  remedy: 'Read the two versions instead.',
  time_ms: 5000,
  estimateMs: ({ before = '', after = '' }: DifferenceInput) => (before.length + after.length) * ms_per_character,
  run: ({ before, after, changes_max }): Differences => differences(documentOf(before), documentOf(after), changes_max),
})

function documentOf(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : parseJson(text)
}
