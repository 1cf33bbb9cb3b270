import { setTimeout as delay } from 'node:timers/promises'
import type { NamedThings } from '../hostile/hints.ts'
import { form, offline_model } from '../hostile/tenant.ts'
import type { Send } from './target.ts'

const poll_ms = 100
const patience_ms = 30_000

interface Item {
  readonly id: string
  readonly key?: string
  readonly subject_kind?: string
}

/** One thing of every kind that requests name, made through the API. `round` tells its names from those of others. */
export async function makeThings(send: Send, { round, key }: { readonly round: number; readonly key: string }) {
  const made = async <T = Item>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await send({ method, url: path, ...jsonBody(body) })
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
    // The caller names the type of what this path answers.
    return JSON.parse(answer.text).data as T
  }
  // Limits on the whole organization, which requests before these have made, would keep the new tasks waiting.
  const { items: budgets } = await made<{ items: Item[] }>('GET', '/api/v1/budgets')
  for (const { id } of budgets) await send({ method: 'DELETE', url: `/api/v1/budgets/${id}`, ...jsonBody(undefined) })
  const name = `fuzz-${round}`
  const { id: agent_id } = await made('POST', '/api/v1/agents', { name, capabilities: [name] })
  await made('PUT', `/api/v1/agents/${agent_id}/persona`, { template: 'tester' })
  const { id: project_id } = await made('POST', '/api/v1/projects', { name })
  const scope = { kind: 'project', id: project_id }
  const budget = await made('POST', '/api/v1/budgets', { scope, tokens: 1_000_000, cost_micro_usd: 1_000_000 })
  await made('PUT', `/api/v1/projects/${project_id}/documents/notes`, { value: { lines: [] } })
  const artifact_id = await upload(send, project_id)
  const plan = { tasks: tasksOf(name) }
  const goal = await made('POST', '/api/v1/goals', { project_id, title: name, artifact_ids: [artifact_id], plan })
  const update = { agent_id, input_state_version: 0, merge: { goals: [] } }
  await made('POST', '/api/v1/globalstate/update', update)
  const { runs } = await made<{ runs: { run_id: string }[] }>('POST', '/api/v1/worker/claim', {
    agent_id,
    wait_ms: 5_000,
  })
  const { items: tasks } = await made<{ items: Item[] }>('GET', `/api/v1/goals/${goal.id}/tasks`)
  const taskOf = (wanted: string): string => tasks.find((task) => task.key === wanted)?.id ?? ''
  const why = (task_id: string) => made<unknown>('GET', `/api/v1/tasks/${task_id}/why`)
  const questions = await until(
    async () => {
      const { items } = await made<{ items: Item[] }>('GET', `/api/v1/hitl?project_id=${project_id}`)
      return items.length >= 3 ? items : undefined
    },
    () => Promise.all(tasks.map(({ id }) => why(id))),
  )
  const [asked, answered] = questions.filter(({ subject_kind }) => subject_kind === 'task')
  const reviewed = questions.find(({ subject_kind }) => subject_kind === 'result')
  const answer = { action: 'approve', revocable_ms: 60_000 }
  await made('POST', `/api/v1/hitl/${answered?.id}/respond`, answer)
  const verdict = await until(
    async () => {
      const { items } = await made<{ items: Item[] }>('GET', `/api/v1/tasks/${taskOf('kept')}/verdicts`)
      return items[0]
    },
    () => why(taskOf('kept')),
  )
  const spare = await made('POST', '/api/v1/api-keys', { name })
  const provider = { name, kind: 'openai', base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-spare' }
  const { id: provider_id } = await made('POST', '/api/v1/providers', provider)
  if (round === 0) await made('POST', '/api/v1/models', { name: 'kept', ...offline_model })
  const { organization } = await made<{ organization: Item }>('GET', '/api/v1/session')
  const { id: builtin } = await made('GET', '/api/v1/agents/builtin')
  return {
    organizationId: organization.id,
    projectId: project_id,
    goalId: goal.id,
    taskId: taskOf('held'),
    runId: runs[0]?.run_id ?? '',
    agentId: agent_id,
    agentRef: agent_id,
    artifactId: artifact_id,
    approvalId: asked?.id ?? '',
    verdictId: verdict.id,
    budgetId: budget.id,
    keyId: spare.id,
    providerId: provider_id,
    documentKey: 'notes',
    capability: 'noop',
    key,
    builtin,
    answered: answered?.id ?? '',
    reviewed: reviewed?.id ?? '',
    done: taskOf('kept'),
  } satisfies NamedThings
}

function tasksOf(capability: string) {
  return [
    { key: 'kept', capability: 'noop', budget: { tokens: 1 } },
    { key: 'held', capability, reads: ['notes'], budget: { tokens: 5 } },
    { key: 'asked', capability: 'noop', approval: 'before' },
    { key: 'answered', capability: 'noop', approval: 'before' },
    { key: 'reviewed', capability: 'noop', approval: 'after' },
    { key: 'waiting', capability: 'noop', depends_on: ['asked'] },
  ]
}

async function upload(send: Send, project_id: string): Promise<string> {
  const answer = await send({
    method: 'POST',
    url: '/api/v1/artifacts',
    headers: form.headers,
    payload: form.text({ project_id }),
  })
  return JSON.parse(answer.text).data.items[0].id
}

function jsonBody(body: unknown) {
  if (body === undefined) return { headers: {}, payload: undefined }
  return { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(body) }
}

/** Asks until there is an answer: the program works on what it was given meanwhile. Fails with what `state` gives. */
async function until<T>(ask: () => Promise<T | undefined>, state: () => Promise<unknown>): Promise<T> {
  for (const end = Date.now() + patience_ms; Date.now() < end; await delay(poll_ms)) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  throw new Error(`the program did not get there within ${patience_ms} ms: ${JSON.stringify(await state())}`)
}
