/** Puts the built-in capabilities together: small work is done at once, large work in the thread pool. */
import { httpGet } from './capabilities/http-get.ts'
import { noop } from './capabilities/noop.ts'
import { sleep } from './capabilities/sleep.ts'
import type { LoadedArtifact, Pool } from './pool.types.ts'
import { type PureCapability, throwIfAborted } from './pure-capability.ts'
import { pureCapabilities } from './registry.ts'
import { textAtOf } from './text/text-at.ts'
import type { Capability, GuardedFetch, ToolsPort } from './tools.port.ts'

/** Over this many bytes of sources and input, work goes to the pool: a few kilobytes of Markdown can take a long time. */
export const inline_bytes_max = 512

export interface ToolsDeps {
  readonly pool: Pool
  /** For contexts that bring none of their own. Absent: no outgoing requests. */
  readonly fetch?: GuardedFetch
}

/** The pool belongs to the caller, who disposes of it. */
export function createTools({ pool, fetch }: ToolsDeps): ToolsPort {
  const get: Capability = {
    ...httpGet,
    run: (input, context) => httpGet.run(input, fetch && !context.fetch ? { ...context, fetch } : context),
  }
  const all = [noop, sleep, get, ...[...pureCapabilities.values()].map((pure) => pooledCapability(pure, pool))]
  return { capabilities: new Map(all.map((capability) => [capability.name, capability])), textAt: textAtOf }
}

function pooledCapability(pure: PureCapability, pool: Pool): Capability {
  return {
    name: pure.name,
    summary: pure.summary,
    deterministic: true,
    cpu: true,
    input: pure.input,
    run: async (input, context) => {
      const artifacts = await pure.gather(input, context)
      throwIfAborted(context.signal)
      const job = { capability: pure.name, input, artifacts }
      const output = isSmall(job) ? pure.work(input, artifacts) : await pool.run(job, context.signal)
      return { output, sources: artifacts.map(({ artifact_id }) => artifact_id).filter((id) => id !== '') }
    },
  }
}

function isSmall({ input, artifacts }: { input: unknown; artifacts: readonly LoadedArtifact[] }): boolean {
  const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes.length, 0)
  return bytes <= inline_bytes_max && bytes + JSON.stringify(input ?? null).length <= inline_bytes_max
}
