import type { Operation } from '@muster/contract/operation'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'

export interface Access {
  readonly request_id: string
  readonly operation: Operation | undefined
  readonly caller: { readonly organization_id: string; readonly caller_id: string } | undefined
  readonly params: unknown
  readonly method: string
  /** The path of a request that no operation answers; shortened, without its query, which may hold anything. */
  readonly path: string
  readonly status: number
  readonly ms: number
}

/** One line and one measurement for each request. */
export function createAccessLog({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
  const seconds = metrics.histogram({
    name: 'muster_http_request_seconds',
    help: 'How long requests took, by operation and class of status.',
    labels: ['operation', 'status'],
  })
  return (access: Access): void => {
    const { request_id, operation, caller, method, status, ms } = access
    const subject =
      operation === undefined ? { path: access.path.slice(0, path_characters_max) } : idsOf(operation, access.params)
    const fields = { request_id, operation: operation?.id, method, status, ms, ...caller, ...subject }
    seconds.observe(ms / 1000, { operation: operation?.id ?? 'none', status: `${Math.floor(status / 100)}xx` })
    if (operation?.id.startsWith('health')) log.debug(fields, 'request')
    else log.info(fields, 'request')
  }
}

const path_characters_max = 200
const subjects: Readonly<Record<string, string>> = {
  goals: 'goal_id',
  tasks: 'task_id',
  projects: 'project_id',
  hitl: 'approval_id',
  agents: 'agent_id',
  artifacts: 'artifact_id',
}

/** `/goals/{id}` is about a goal, so its line has `goal_id`; parameters with a name of their own keep it. */
function idsOf(operation: Operation, params: unknown): Record<string, string> {
  const ids: Record<string, string> = {}
  for (const [name, value] of Object.entries(params ?? {})) {
    const family = /\/([a-z-]+)\/\{id\}/.exec(operation.path)?.[1] ?? ''
    const key = name === 'id' ? subjects[family] : name.endsWith('_id') ? name : undefined
    if (key !== undefined && typeof value === 'string' && value.length <= path_characters_max) ids[key] = value
  }
  return ids
}
