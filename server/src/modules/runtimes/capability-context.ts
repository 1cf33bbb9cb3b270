import type { CapabilityContext } from '../tools/tools.port.ts'
import type { Assignment, RunContext } from './runtimes.port.ts'

/** What a capability may reach for one run. */
export function capabilityContext(
  { documents }: Assignment,
  { signal, artifacts, log }: RunContext,
): CapabilityContext {
  return {
    signal,
    artifact: artifacts.read,
    documents: documents.map(({ document, version, value }) => ({ document, version, value })),
    log,
  }
}
