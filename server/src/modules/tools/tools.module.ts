import type { Manifest } from '../../platform/module/module.ts'
import { createGuardedFetch } from './adapters/guarded-fetch.ts'
import { createPool } from './pool.service.ts'
import type { ToolsPort } from './tools.port.ts'
import { createTools } from './tools.service.ts'

/** Builds the module: built-in capabilities, and the threads that do their larger work. */
export function toolsModule(): {
  readonly tools: ToolsPort
  readonly tool_threads: AsyncDisposable
  readonly manifest: Manifest
} {
  const pool = createPool({})
  const tools = createTools({ pool, fetch: createGuardedFetch({}) })
  return { tools, tool_threads: pool, manifest: { name: 'tools', routes: [] } }
}
