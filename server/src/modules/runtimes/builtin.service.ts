import { CapabilityError, type ToolsPort } from '../tools/tools.port.ts'
import { capabilityContext } from './capability-context.ts'
import type { AgentRuntime } from './runtimes.port.ts'

/** The runtime `builtin`: runs a capability, which is a function with access to its context only. */
export function createBuiltinRuntime({ tools }: { readonly tools: Pick<ToolsPort, 'capabilities'> }): AgentRuntime {
  return {
    runtime: 'builtin',
    async execute(assignment, context) {
      const { task } = assignment
      const capability = tools.capabilities.get(task.capability)
      if (!capability) throw new CapabilityError('not_found', `No such built-in capability: "${task.capability}".`)
      return capability.run(task.input, capabilityContext(assignment, context))
    },
  }
}
