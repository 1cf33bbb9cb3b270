/** Input fields and helpers that several capabilities share. */
import type { Json } from '@muster/contract/values'
import { z } from 'zod'
import type { LoadedArtifact } from '../pool.types.ts'
import { loadArtifacts } from '../pure-capability.ts'
import type { Source } from '../text/source.ts'
import { type CapabilityContext, CapabilityError } from '../tools.port.ts'

export const artifactId = z.string().min(1).max(200)

/** The largest output of a capability, so that the whole stays below the 256 KiB of an inline output. */
export const output_bytes_max = 200 * 1024

/** One source: an artifact, or a text given in the input itself. */
export const sourceFields = {
  artifact_id: artifactId.optional(),
  text: z
    .string()
    .max(256 * 1024)
    .optional(),
}

export interface SourceInput {
  readonly artifact_id?: string | undefined
  readonly text?: string | undefined
}

export const oneSource = {
  test: ({ artifact_id, text }: SourceInput) => (artifact_id === undefined) !== (text === undefined),
  message: { error: 'provide either artifact_id or text', path: ['artifact_id'] },
}

/** Nothing to load for a text given inline. */
export async function gatherSource(input: SourceInput, context: CapabilityContext): Promise<readonly LoadedArtifact[]> {
  return input.artifact_id === undefined ? [] : loadArtifacts([input.artifact_id], context)
}

/** The artifact, or the inline text as if it were one (Markdown). */
export function sourceOf(input: SourceInput, artifacts: readonly LoadedArtifact[]): LoadedArtifact {
  if (input.text === undefined) return firstOf(artifacts)
  return { artifact_id: '', name: 'text', media_type: 'text/markdown', bytes: new TextEncoder().encode(input.text) }
}

export function firstOf(artifacts: readonly LoadedArtifact[]): LoadedArtifact {
  const [artifact] = artifacts
  if (!artifact) throw new CapabilityError('internal', 'there are no artifacts')
  return artifact
}

/** What becomes of a source that cannot be read: the task fails, or its result says so and the others go on. */
export const unreadable = z.enum(['fail', 'leave_out']).default('fail')

/** The result of `work`, or why the source is left out where the input asks for that. */
export function orLeftOut<Result extends Json>(
  { name, artifact_id }: LoadedArtifact,
  choice: z.output<typeof unreadable>,
  work: () => Result,
): Json {
  try {
    return work()
  } catch (error) {
    if (choice === 'fail' || !(error instanceof CapabilityError) || error.code !== 'media_type') throw error
    return { artifact_id, name, left_out: error.message }
  }
}

/** A field only where there is something to say. */
export function noteField({ note }: Pick<Source, 'note'>): { readonly note?: string } {
  return note === '' ? {} : { note }
}

/** The leading items that fit `bytes_max` as JSON. */
export function fittingItems<Item>(items: readonly Item[], bytes_max = output_bytes_max): readonly Item[] {
  let bytes = 0
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1
    return bytes > bytes_max
  })
  return end < 0 ? items : items.slice(0, end)
}
