import { getAgent, putPersona } from '@muster/contract/agents/operations'
import { respondApproval, snoozeApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { createChatCompletion } from '@muster/contract/gateway/call.operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { createKey } from '@muster/contract/identity/operations'
import { putDocument, updateGlobalState } from '@muster/contract/state/operations'
import { heartbeat } from '@muster/contract/worker/operations'
import type { FastifyInstance } from 'fastify'
import type { TestDatabase } from '../database.ts'
import { goal, questions, remoteAgent, task } from '../engine/steps.ts'
import type { ApiClient } from '../fixtures.ts'
import type { TestProgram } from '../program.ts'
import type { Things } from './requests.ts'

/** What an alias of the offline model says. */
export const offline_model = {
  targets: [{ provider: 'offline', model: 'offline', prices: { uncached: 0, output: 0 } }],
}

export interface Tenant {
  readonly api: ApiClient
  /** One thing of every kind that requests name. */
  readonly things: Things
  /** Things in other states than the first of their kind. */
  readonly more: {
    readonly key: string
    readonly answered: string
    readonly done: string
    readonly reviewed: string
    readonly builtin: string
  }
  /** Somebody who works for another agent than the one whose run there is. */
  readonly other_agent: ApiClient
}

/** An organization with something of everything: done, waiting, running, asked, answered, spent. */
export async function tenant({ work, tick, app, database }: TestProgram, api: ApiClient): Promise<Tenant> {
  const worker = await remoteAgent(api, 'hostile')
  const idle = await remoteAgent(api, 'elsewhere')
  await api.call(putPersona, { params: { id: worker.agent_id }, body: { template: 'tester' } })
  const { id: project_id } = await api.project({ description: 'A mission' })
  const budget = { scope: { kind: 'project' as const, id: project_id }, tokens: 1_000_000, cost_micro_usd: 1_000_000 }
  const { id: budget_id } = await api.call(createBudget, { body: budget })
  const artifact_id = await upload(app, api, project_id)
  const stated = await goal(
    api,
    [
      task('kept', { budget: { tokens: 1 } }),
      task('held', { capability: 'hostile', reads: ['notes'], budget: { tokens: 5 } }),
      task('asked', { approval: 'before' }),
      task('answered', { approval: 'before' }),
      task('reviewed', { approval: 'after' }),
      task('waiting', { depends_on: ['asked'] }),
    ],
    { project_id, artifact_ids: [artifact_id] },
  )
  await api.call(putDocument, { params: { id: project_id, key: 'notes' }, body: { value: { lines: [] } } })
  await api.call(updateGlobalState, {
    body: { agent_id: worker.agent_id, input_state_version: 0, merge: { goals: [] } },
  })
  await work()
  await tick()
  const run = await worker.claimOne()
  await worker.api.call(heartbeat, {
    body: {
      runs: [
        { run_id: run.run_id, token: run.token, log: [{ at: '2026-01-01T00:00:00Z', level: 'info', text: 'Busy.' }] },
      ],
    },
  })
  const open = await questions(api, stated.id)
  const [asked, answered] = open.filter(({ subject_kind }) => subject_kind === 'task')
  const reviewed = open.find(({ subject_kind }) => subject_kind === 'result')
  if (!asked || !answered || !reviewed) throw new Error('the fixture lacks a question')
  await api.call(snoozeApproval, { params: { id: asked.id }, body: { for_ms: 60_000 } })
  await api.call(respondApproval, { params: { id: answered.id }, body: { action: 'approve', revocable_ms: 60_000 } })
  const { id: key_id } = await api.call(createKey, { body: { name: 'Spare' } })
  const provider = { name: 'spare', kind: 'openai' as const, base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-spare' }
  const { id: provider_id } = await api.call(createProvider, { body: provider })
  await api.call(createModel, { body: { name: 'kept', ...offline_model } })
  await api.call(createChatCompletion, { body: { model: 'kept', messages: [{ role: 'user', content: 'Well?' }] } })
  const [verdict] = await database.sql('select id from judge_verdicts where organization_id = $1', [
    api.organization_id,
  ])
  const things = {
    organizationId: api.organization_id,
    projectId: project_id,
    goalId: stated.id,
    taskId: (await stated.task('held')).id,
    runId: run.run_id,
    agentId: worker.agent_id,
    agentRef: worker.agent_id,
    artifactId: artifact_id,
    approvalId: asked.id,
    verdictId: String(verdict?.id),
    budgetId: budget_id,
    keyId: key_id,
    providerId: provider_id,
    documentKey: 'notes',
    capability: 'noop',
  }
  const { id: builtin } = await api.call(getAgent, { params: { id: 'builtin' } })
  const more = {
    key: api.key,
    builtin,
    answered: answered.id,
    reviewed: reviewed.id,
    done: (await stated.task('kept')).id,
  }
  return { api, things, more, other_agent: idle.api }
}

async function upload(app: FastifyInstance, api: ApiClient, project_id: string): Promise<string> {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/artifacts',
    headers: { authorization: `Bearer ${api.key}`, ...form.headers },
    payload: form.text({ project_id }),
  })
  return answer.json().data.items[0].id
}

/** Multipart form data, written by hand. */
export const form = {
  headers: { 'content-type': 'multipart/form-data; boundary=edge' },
  text: (fields: Readonly<Record<string, string>>, file = 'Some text.'): string =>
    `${Object.entries(fields)
      .map(([name, value]) => `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join(
        '',
      )}--edge\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n${file}\r\n--edge--\r\n`,
}

/** What an organization holds, table by table: how many rows and a hash of them all. */
export async function contentsOf(
  { sql }: Pick<TestDatabase, 'sql'>,
  organization_id: string,
): Promise<Record<string, string>> {
  const tables = await sql(`
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`)
  // That a key was used and an agent seen is noted for refused calls too.
  const parts = tables.map(
    ({
      name,
    }) => `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(row, '' order by row)), '') as held from
      (select (to_jsonb(t) - array['last_used_at', 'seen_at', 'online'])::text as row from ${name} t where organization_id = $1) rows`,
  )
  const rows = await sql(parts.join(' union all '), [organization_id])
  return Object.fromEntries(rows.map(({ name, held }) => [String(name), String(held)]))
}
