/**
 * A capability whose work is a pure function of its input and of artifacts, so that it can be done in another thread:
 * `gather` runs where the artifacts are, `work` anywhere.
 */
import type { Json } from '@muster/contract/values'
import type { z } from 'zod'
import type { LoadedArtifact } from './pool.types.ts'
import { source_bytes_max } from './text/source.ts'
import { type CapabilityContext, CapabilityError } from './tools.port.ts'

export interface PureCapability {
  readonly name: string
  readonly summary: string
  readonly input: z.ZodType
  gather(input: unknown, context: CapabilityContext): Promise<readonly LoadedArtifact[]>
  /** @throws CapabilityError */
  work(input: unknown, artifacts: readonly LoadedArtifact[]): Json
}

/** Ties `gather` and `work` to the type of the schema; both get what the schema gives, defaults filled in. */
export function pureCapability<Schema extends z.ZodType>(definition: {
  readonly name: string
  readonly summary: string
  readonly input: Schema
  /** The artifacts that the work needs. */
  gather(input: z.output<Schema>, context: CapabilityContext): Promise<readonly LoadedArtifact[]>
  work(input: z.output<Schema>, artifacts: readonly LoadedArtifact[]): Json
}): PureCapability {
  const { name, summary, input } = definition
  return {
    name,
    summary,
    input,
    gather: (rawInput, context) => definition.gather(parseInput(input, rawInput), context),
    work: (rawInput, artifacts) => definition.work(parseInput(input, rawInput), artifacts),
  }
}

/** @throws CapabilityError `invalid`, naming the field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, rawInput: unknown): z.output<Schema> {
  const result = schema.safeParse(rawInput)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.map(String).join('.') || 'input'
  throw new CapabilityError('invalid', `${field}: ${issue?.message ?? 'does not match'}`)
}

/**
 * Loads artifacts one after the other, each as far as it is looked at at all, so that a list of large ones does not fill
 * the memory. @throws CapabilityError `cancelled` or `not_found`
 */
export async function loadArtifacts(
  artifact_ids: readonly string[],
  context: CapabilityContext,
): Promise<readonly LoadedArtifact[]> {
  const artifacts: LoadedArtifact[] = []
  for (const artifact_id of artifact_ids) {
    throwIfAborted(context.signal)
    const { bytes, ...about } = await loadArtifact(artifact_id, context)
    // One byte more tells that there is more; a copy lets go of the rest.
    artifacts.push({ ...about, bytes: bytes.length > source_bytes_max ? bytes.slice(0, source_bytes_max + 1) : bytes })
  }
  return artifacts
}

/** Loads one artifact, all of it. @throws CapabilityError `not_found` */
export async function loadArtifact(artifact_id: string, context: CapabilityContext): Promise<LoadedArtifact> {
  try {
    const { name, media_type, bytes } = await context.artifact(artifact_id)
    return { artifact_id, name, media_type, bytes }
  } catch (error) {
    if (error instanceof CapabilityError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new CapabilityError('not_found', `artifact ${artifact_id} could not be read: ${reason}`)
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CapabilityError('cancelled', 'the run was stopped')
}
