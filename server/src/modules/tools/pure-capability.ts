/**
 * A capability whose work is a pure function of its input and of artifacts, so that it can be done in another thread:
 * `gather` runs where the artifacts are, `work` anywhere.
 */
import type { Json } from '@muster/contract/values'
import type { z } from 'zod'
import type { LoadedArtifact } from './pool.types.ts'
import { type ArtifactContent, type CapabilityContext, CapabilityError } from './tools.port.ts'

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
    gather: (given, context) => definition.gather(parseInput(input, given), context),
    work: (given, artifacts) => definition.work(parseInput(input, given), artifacts),
  }
}

/** @throws CapabilityError `invalid`, naming the field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') || 'input'
  throw new CapabilityError('invalid', `${field}: ${issue?.message ?? 'does not match'}`)
}

/** Loads artifacts one after the other. @throws CapabilityError `cancelled` or `not_found` */
export async function loadArtifacts(
  artifact_ids: readonly string[],
  context: CapabilityContext,
): Promise<readonly LoadedArtifact[]> {
  const loaded: LoadedArtifact[] = []
  for (const artifact_id of artifact_ids) {
    throwIfAborted(context.signal)
    loaded.push({ artifact_id, ...(await loadOne(artifact_id, context)) })
  }
  return loaded
}

async function loadOne(artifact_id: string, context: CapabilityContext): Promise<ArtifactContent> {
  try {
    const { name, media_type, bytes } = await context.artifact(artifact_id)
    return { name, media_type, bytes }
  } catch (error) {
    if (error instanceof CapabilityError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new CapabilityError('not_found', `artifact ${artifact_id} could not be read: ${reason}`)
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CapabilityError('cancelled', 'the run was stopped')
}
