import {
  changeAgent,
  getAgent,
  liftAgentStop,
  pauseAgent,
  retireAgent,
  stopAgent,
} from '@muster/contract/agents/operations'
import { operationsByModule } from '@muster/contract/gathered/operations'
import { createKey, listKeys, revokeKey } from '@muster/contract/identity/operations'
import {
  changeProject,
  createProject,
  getPolicy,
  getProject,
  liftOrganizationStop,
  listProjects,
  pauseProject,
  putPolicy,
  rollBackPolicy,
  stopOrganization,
  stopProject,
} from '@muster/contract/projects/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { agentsModule } from '../src/modules/agents/agents.module.ts'
import { identityModule } from '../src/modules/identity/identity.module.ts'
import { projectsModule } from '../src/modules/projects/projects.module.ts'
import { noop } from '../src/modules/tools/capabilities/noop.ts'
import { createRequestTransactions } from '../src/platform/db/request-transactions.ts'
import { createDispatch } from '../src/platform/dispatch/dispatch.ts'
import { createHttp } from '../src/platform/http/server.ts'
import { silent_log } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { createExtensions } from '../src/platform/module/extension-point.ts'
import { testBounded } from './bounded.ts'
import { testDatabase } from './database.ts'
import { twoOrganizations } from './fixtures.ts'

const { db, engine, journal, sql } = await testDatabase()
const extensions = createExtensions()
const parts = {
  db,
  engine,
  transactions: createRequestTransactions(db),
  journal,
  dispatch: createDispatch(),
  bounded: testBounded(),
  extensions,
}
const { identity, manifest: identityManifest } = identityModule(parts)
const { projects, manifest: projectsManifest } = projectsModule({ ...parts, identity })
const { agents, manifest: agentsManifest } = agentsModule({
  ...parts,
  projects,
  budgets: { setForAgent: async () => {}, countLive: async (_tx, scopes) => scopes.map(() => 0) },
  tools: { capabilities: new Map([['noop', noop]]) },
})
const manifests = [identityManifest, projectsManifest, agentsManifest]
extensions.connect(manifests.flatMap((manifest) => (manifest.extensions ?? []).flat()))
const { app } = createHttp({
  routes: manifests.flatMap(({ routes }) => routes),
  authenticate: identity.authenticate,
  rates: projects.requestRates,
  log: silent_log,
  metrics: createMetrics({ process: false }),
  behind_proxy: false,
})
afterAll(() => app.close())
const program = {
  app,
  createOrganization: (name: string) =>
    identity.createOrganization(name, async (tx, organization_id) => {
      await agents.ensureBuiltin(tx, organization_id, ['noop'])
    }),
}
const { ours, theirs } = await twoOrganizations(program)

it('answers every operation of its modules once', () => {
  const answered = manifests.flatMap(({ routes }) => routes.map(({ operation }) => operation.id))
  const wanted = [operationsByModule.identity, operationsByModule.projects, operationsByModule.agents].flat()
  expect(answered.sort()).toEqual(wanted.map(({ id }) => id).sort())
})

describe('over HTTP', () => {
  it('makes and changes a project, with its policy’s version as the ETag', async () => {
    const { id } = await ours.project({ name: 'Mission' })
    expect((await ours.call(changeProject, { params: { id }, body: { name: 'Other' } })).name).toBe('Other')
    const read = await ours.send(getPolicy, { params: { id } })
    expect(read.headers.etag).toBe('"1"')
    const put = (match: string) =>
      ours.send(putPolicy, { params: { id }, body: { oversight: 'high' }, headers: { 'if-match': match } })
    expect((await put('"1"')).headers.etag).toBe('"2"')
    expect((await put('"1"')).error).toMatchObject({ code: 'version_moved' })
    expect((await put('1')).error).toMatchObject({ code: 'invalid', detail: { field: 'If-Match' } })
    expect((await put('*')).status).toBe(200)
    expect((await ours.call(rollBackPolicy, { params: { id }, body: { version: 1 } })).rolled_back_to).toBe(1)
    expect((await ours.call(pauseProject, { params: { id } })).status).toBe('paused')
  })

  it('repeats an answer for an idempotency key, and makes nothing twice', async () => {
    const headers = { 'idempotency-key': 'once' }
    const make = (name: string) => ours.send(createProject, { body: { name }, headers })
    const [first, again, other] = [await make('Twice'), await make('Twice'), await make('Thrice')]
    expect([first.status, first.headers['idempotent-replayed']]).toEqual([201, undefined])
    expect([again.status, again.headers['idempotent-replayed'], again.data]).toEqual([201, 'true', first.data])
    expect(other.error).toMatchObject({ code: 'idempotency_mismatch' })
    const named = (await ours.call(listProjects)).items.filter(({ name }) => name === 'Twice')
    expect(named.length).toBe(1)
  })

  it('shows a secret once, and keeps it nowhere', async () => {
    const make = () => ours.send(createKey, { body: { name: 'Key' }, headers: { 'idempotency-key': 'key' } })
    const [first, again] = [await make(), await make()]
    const { id, key } = first.data as { id: string; key: string }
    expect([again.status, again.error?.code, again.error?.detail.value]).toEqual([409, 'exists', id])
    const kept = await sql('select answer from idempotency_keys where organization_id = $1', [ours.organization_id])
    expect(kept.length).toBeGreaterThan(0)
    expect(JSON.stringify(kept)).not.toContain(key)
  })

  it('gives keys to people and agents, who may do what they may', async () => {
    const { id, name } = await ours.agent()
    const agent = await ours.colleague('agent’s key', { agent_id: name })
    const reader = await ours.call(createKey, { body: { name: 'Reader', permissions: ['projects:read'] } })
    expect((await agent.send(listProjects)).error).toMatchObject({
      code: 'forbidden',
      detail: { permission: 'projects:read' },
    })
    const listed = await ours.call(listKeys)
    expect(listed.items.find((key) => key.agent_id === id)?.name).toBe('agent’s key')
    expect(JSON.stringify(listed)).not.toContain(agent.key)
    expect((await ours.call(revokeKey, { params: { id: reader.id } })).revoked_at).toBeDefined()
  })

  it('stops and lifts at every scope', async () => {
    const { id } = await theirs.project()
    const agent = await theirs.agent()
    await theirs.call(stopAgent, { params: { id: agent.name }, body: {} })
    expect((await theirs.call(getAgent, { params: { id: agent.id } })).stopped).toBe(true)
    await theirs.call(liftAgentStop, { params: { id: agent.id } })
    await theirs.call(stopOrganization, { params: { id: theirs.organization_id }, body: { reason: 'smoke' } })
    expect((await theirs.call(getProject, { params: { id } })).status).toBe('stopped')
    const lifted = await theirs.call(liftOrganizationStop, { params: { id: theirs.organization_id } })
    expect([lifted.reason, lifted.lifted_at === undefined]).toEqual(['smoke', false])
  })

  it('shows nobody what belongs to others', async () => {
    const { id } = await ours.project()
    const agent = await ours.agent()
    const attempts = [
      theirs.send(getProject, { params: { id } }),
      theirs.send(changeProject, { params: { id }, body: { name: 'x' } }),
      theirs.send(stopProject, { params: { id }, body: {} }),
      theirs.send(putPolicy, { params: { id }, body: {} }),
      theirs.send(stopOrganization, { params: { id: ours.organization_id }, body: {} }),
      theirs.send(getAgent, { params: { id: agent.id } }),
      theirs.send(changeAgent, { params: { id: agent.name }, body: { name: 'x' } }),
      theirs.send(pauseAgent, { params: { id: agent.id } }),
      theirs.send(retireAgent, { params: { id: agent.id } }),
      theirs.send(createKey, { body: { name: 'x', agent_id: agent.id } }),
    ]
    for (const { status, error } of await Promise.all(attempts))
      expect([status, error?.code]).toEqual([404, 'not_found'])
    expect((await theirs.call(getAgent, { params: { id: 'builtin' } })).name).toBe('builtin')
    expect((await theirs.send(getAgent, { params: { id: agent.id } })).status).toBe(404)
    expect((await ours.call(getAgent, { params: { id: agent.id } })).status).toBe('active')
  })

  it('limits requests where a policy says so', async () => {
    const { ours: calm } = await twoOrganizations(program)
    await calm.project({ policy: { rate_limits: { requests_per_minute_key: 2 } } })
    const statuses = []
    for (let count = 0; count < 3; count += 1) statuses.push((await calm.send(listProjects)).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})
