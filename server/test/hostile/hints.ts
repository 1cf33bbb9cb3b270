import type { Hint, Things } from './requests.ts'
import { offline_model, type Tenant } from './tenant.ts'

/** What stands for something of an organization, in every state that requests need. */
export type NamedThings = Things & Tenant['more']

/** What only the meaning of an operation tells: which of its optional fields make a good request. */
export const hints: Readonly<Record<string, (things: NamedThings) => Hint>> = {
  'approvals.queue.edit': ({ reviewed }) => ({ params: { id: reviewed } }),
  'approvals.revoke': ({ answered }) => ({ params: { id: answered } }),
  'approvals.respond': () => ({ body: { action: 'approve' } }),
  'approvals.snooze': () => ({ body: { for_ms: 1000 } }),
  'artifacts.upload': ({ projectId }) => ({ body: { project_id: projectId } }),
  'budgets.create': () => ({ body: { tokens: 1, window: 'day' } }),
  'budgets.put': () => ({ body: { tokens: 1_000_000 } }),
  'gateway.chat': () => ({ body: { model: 'offline' } }),
  'gateway.embeddings': () => ({ body: { model: 'offline-embed' } }),
  'gateway.completions': () => ({ body: { model: 'offline' } }),
  'gateway.responses': () => ({ body: { model: 'offline' } }),
  'gateway.count_tokens': () => ({ body: { model: 'offline' } }),
  'gateway.messages': () => ({ body: { model: 'offline' } }),
  'gateway.model': () => ({ params: { name: 'offline' } }),
  'agents.persona.put': () => ({ body: { template: 'coder' } }),
  'agents.persona.rollback': () => ({ body: { version: 1 } }),
  'goals.create': () => ({ body: { text: '# One\n# Two' } }),
  'planner.decompose': () => ({ body: { text: '# One\n# Two' } }),
  'globalstate.update': ({ agentRef }) => ({ body: { agent_id: agentRef, input_state_version: 1, merge: {} } }),
  'judge.validate': ({ projectId }) => ({ body: { project_id: projectId, output: {} } }),
  'models.create': () => ({ body: offline_model }),
  'models.delete': () => ({ params: { name: 'kept' } }),
  'models.get': () => ({ params: { name: 'kept' } }),
  'models.put': () => ({ params: { name: 'kept' }, body: offline_model }),
  'models.versions': () => ({ params: { name: 'kept' } }),
  'providers.change': () => ({ body: { api_key: 'sk-other' } }),
  'providers.create': () => ({ body: { base_url: 'https://models.example.org/v1' } }),
  'session.open': ({ key }) => ({ body: { key } }),
  'planner.replan': () => ({ body: { plan: { tasks: [{ key: 'a', capability: 'noop' }] } } }),
  'tasks.retry': ({ done }) => ({ params: { id: done } }),
  'projects.tasks.create': () => ({ body: { capability: 'noop' } }),
  'tasks.create': () => ({ body: { kind: 'work', capability: 'noop' } }),
}
