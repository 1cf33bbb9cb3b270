import type { Json } from '@muster/contract/values'
import {
  type ArtifactContent,
  type CapabilityContext,
  CapabilityError,
  type ToolsPort,
} from '../../tools/tools.port.ts'
import type { AgentRuntime, Assignment } from './runtime.types.ts'

export interface BuiltinDeps {
  readonly tools: ToolsPort
  /** The content of an artifact of the run's organization and project. */
  content(assignment: Assignment, artifact_id: string): Promise<ArtifactContent>
}

/** The runtime `builtin`: runs a capability, which is a function with access to its context only. */
export function createBuiltinRuntime({ tools, content }: BuiltinDeps): AgentRuntime {
  return {
    runtime: 'builtin',
    async execute(assignment, { signal, log }) {
      const { task, documents } = assignment
      const capability = tools.capabilities.get(task.capability)
      if (!capability) throw new CapabilityError('not_found', `No such built-in capability: "${task.capability}".`)
      const context: CapabilityContext = {
        signal,
        artifact: (artifact_id) => content(assignment, artifact_id),
        documents: documents.map(({ document, version, value }) => ({
          document,
          version,
          value: (value ?? null) as Json,
        })),
        log,
      }
      return capability.run(task.input, context)
    },
  }
}
