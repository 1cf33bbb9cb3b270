import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  approveQueued,
  claimApproval,
  editQueued,
  getApproval,
  getHitlQueue,
  listApprovals,
  listProjectApprovals,
  rejectQueued,
  respondApproval,
  revokeApproval,
  snoozeApproval,
} from '@muster/contract/approvals/operations'
import { getArtifact, getArtifactLineage, listArtifacts } from '@muster/contract/artifacts/operations'
import { createBudget, deleteBudget, getBudget, listBudgets, putBudget } from '@muster/contract/budgets/operations'
import { operationsByModule } from '@muster/contract/gathered/operations'
import {
  getDocument,
  getDocumentDiff,
  getDocumentHistory,
  getGlobalState,
  listDocuments,
  putDocument,
  updateGlobalState,
} from '@muster/contract/state/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { agentsModule } from '../src/modules/agents/agents.module.ts'
import { subjects } from '../src/modules/approvals/approvals.extensions.ts'
import { approvalsModule } from '../src/modules/approvals/approvals.module.ts'
import type { ApprovalSubject } from '../src/modules/approvals/approvals.port.ts'
import { artifactsModule } from '../src/modules/artifacts/artifacts.module.ts'
import { budgetsModule } from '../src/modules/budgets/budgets.module.ts'
import { identityModule } from '../src/modules/identity/identity.module.ts'
import { projectsModule } from '../src/modules/projects/projects.module.ts'
import { stateModule } from '../src/modules/state/state.module.ts'
import { noop } from '../src/modules/tools/capabilities/noop.ts'
import { createDirectoryBlobs } from '../src/platform/blobs/directory.ts'
import { createRequestTransactions } from '../src/platform/db/request-transactions.ts'
import { createDispatch } from '../src/platform/dispatch/dispatch.ts'
import { createHttp } from '../src/platform/http/server.ts'
import { newId } from '../src/platform/ids.ts'
import { silent_log } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { createExtensions, extend } from '../src/platform/module/extension-point.ts'
import { testBounded } from './bounded.ts'
import { testDatabase } from './database.ts'
import { type ApiClient, twoOrganizations } from './fixtures.ts'

const { db, engine, journal } = await testDatabase()
const directory = mkdtempSync(join(tmpdir(), 'muster-foundations-'))
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
const { budgets, manifest: budgetsManifest } = budgetsModule({
  ...parts,
  log: silent_log,
  identity,
  projects,
})
const { agents, manifest: agentsManifest } = agentsModule({
  ...parts,
  projects,
  budgets,
  tools: { capabilities: new Map([['noop', noop]]) },
})
const { manifest: artifactsManifest } = artifactsModule({
  ...parts,
  identity,
  projects,
  blobs: createDirectoryBlobs({ directory }),
})
const { manifest: stateManifest } = stateModule({ ...parts, identity, projects })
const { approvals, manifest: approvalsManifest } = approvalsModule({
  ...parts,
  projects,
  identity,
})
const plan_subject: ApprovalSubject = {
  kind: 'plan',
  lineage: async () => ({ made_by: [], stated_by: [], amended_by: [] }),
  test: async () => ({ fits: true }),
  apply: async () => ({ state_version: 3 }),
  lapse: async () => {},
}

extensions.connect([...extend(subjects, plan_subject), ...(agentsManifest.extensions ?? []).flat()])

const own = [artifactsManifest, stateManifest, budgetsManifest, approvalsManifest]
const { app } = createHttp({
  routes: [...own, identityManifest, projectsManifest, agentsManifest].flatMap(({ routes }) => routes),
  authenticate: identity.authenticate,
  log: silent_log,
  metrics: createMetrics({ process: false }),
  behind_proxy: false,
})
afterAll(async () => {
  await app.close()
  rmSync(directory, { recursive: true, force: true })
})
const { ours, theirs } = await twoOrganizations({
  app,
  createOrganization: (name) =>
    identity.createOrganization(name, async (tx, organization_id) => {
      await agents.ensureBuiltin(tx, organization_id, ['noop'])
    }),
})
const project_id = (await ours.project()).id

it('answers every operation of its modules once', () => {
  const answered = own.flatMap(({ routes }) => routes.map(({ operation }) => operation.id))
  const { artifacts, state, budgets: ofBudgets, approvals: ofApprovals } = operationsByModule
  const wanted = [artifacts, state, ofBudgets, ofApprovals].flat()
  expect(answered.sort()).toEqual(wanted.map(({ id }) => id).sort())
})

async function upload(api: ApiClient, fields: Record<string, string>, files: Record<string, string>) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const [name, text] of Object.entries(files)) form.append('file', new Blob([text]), name)
  const { headers, body } = new Request('http://localhost', { method: 'POST', body: form })
  const payload = Buffer.from(await new Response(body).arrayBuffer())
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/artifacts',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': headers.get('content-type') ?? '' },
    payload,
  })
  return { status: answer.statusCode, ...answer.json() }
}

const content = (api: ApiClient, id: string, headers: Record<string, string> = {}) =>
  app.inject({ url: `/api/v1/artifacts/${id}/content`, headers: { authorization: `Bearer ${api.key}`, ...headers } })

describe('artifacts over HTTP', () => {
  it('come in as a form and go out as attachments', async () => {
    const made = await upload(ours, { project_id }, { 'in/a.md': '# Title', 'b.bin': 'abc' })
    expect([made.status, made.data.items.length]).toEqual([201, 2])
    const { id, sha256 } = made.data.items[0]
    expect(await ours.call(getArtifact, { params: { id } })).toMatchObject({
      name: 'in/a.md',
      media_type: 'text/markdown',
    })
    const whole = await content(ours, id)
    expect([whole.statusCode, whole.body, whole.headers.etag]).toEqual([200, '# Title', `"${sha256}"`])
    expect(whole.headers).toMatchObject({
      'content-type': 'text/markdown',
      'content-disposition': `attachment; filename="a.md"; filename*=UTF-8''a.md`,
      'x-content-type-options': 'nosniff',
    })
    const part = await content(ours, id, { range: 'bytes=2-' })
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, 'Title', 'bytes 2-6/7'])
    expect((await content(ours, id, { range: 'bytes=9-' })).statusCode).toBe(416)
    const known = await content(ours, id, { 'if-none-match': `"${sha256}"` })
    expect([known.statusCode, known.body]).toEqual([304, ''])
    expect((await ours.call(getArtifactLineage, { params: { id } })).edges).toEqual([])
    expect((await content(theirs, id)).statusCode).toBe(404)
    expect((await theirs.send(getArtifact, { params: { id } })).error?.code).toBe('not_found')
    expect((await theirs.call(listArtifacts)).items).toEqual([])
  })

  it('with hostile names are refused, and nothing is kept', async () => {
    const before = (await ours.call(listArtifacts)).items.length
    for (const name of ['../../etc/passwd', '/etc/passwd', 'a/../../b', 'C:\\x', 'a/', `${'d/'.repeat(17)}f`]) {
      const refused = await upload(ours, { project_id }, { 'good.txt': '1', [name]: '2' })
      expect([refused.status, refused.error?.code], name).toEqual([422, 'invalid'])
    }
    expect((await ours.call(listArtifacts)).items.length).toBe(before)
  })
})

describe('state over HTTP', () => {
  it('has versions as ETags, and keys of several segments in one', async () => {
    const params = { id: project_id, key: 'goals/ü 1/brief' }
    const put = (value: string, match?: string) =>
      ours.send(putDocument, { params, body: { value }, ...(match && { headers: { 'if-match': match } }) })
    expect((await put('one', '"0"')).headers.etag).toBe('"1"')
    expect((await put('two', '"0"')).error?.code).toBe('version_moved')
    expect((await put('two', 'x')).error).toMatchObject({ code: 'invalid', detail: { field: 'If-Match' } })
    expect((await put('two', '"1"')).headers.etag).toBe('"2"')
    const known = await app.inject({
      url: `/api/v1/projects/${project_id}/documents/${encodeURIComponent(params.key)}`,
      headers: { authorization: `Bearer ${ours.key}`, 'if-none-match': '"2"' },
    })
    expect([known.statusCode, known.body]).toEqual([304, ''])
    expect(await ours.call(getDocument, { params, query: { version: 1 } })).toMatchObject({ value: 'one' })
    expect((await ours.call(getDocumentHistory, { params })).items).toHaveLength(2)
    expect((await ours.call(getDocumentDiff, { params })).changes).toEqual([
      { op: 'replace', path: '', before: 'one', after: 'two' },
    ])
    expect(
      (await ours.call(listDocuments, { params: { id: project_id }, query: { prefix: 'goals/' } })).items,
    ).toHaveLength(1)
    expect((await theirs.send(getDocument, { params })).error?.code).toBe('not_found')
  })

  it('keeps an agent’s global state', async () => {
    const { id, name } = await ours.agent()
    const update = { agent_id: name, input_state_version: 0, merge: { mood: 'calm' } }
    expect(await ours.call(updateGlobalState, { body: update })).toMatchObject({ new_state_version: 1 })
    expect((await ours.send(updateGlobalState, { body: update })).error?.code).toBe('occ_conflict')
    expect(await ours.call(getGlobalState, { params: { agent_id: name } })).toMatchObject({
      agent_id: id,
      value: { mood: 'calm' },
    })
    expect((await theirs.send(getGlobalState, { params: { agent_id: id } })).error?.code).toBe('not_found')
  })
})

describe('budgets over HTTP', () => {
  it('are set, changed and removed', async () => {
    const made = await ours.call(createBudget, {
      body: { scope: { kind: 'project', id: project_id }, cost_micro_usd: 5 },
    })
    expect(
      (await ours.send(createBudget, { body: { scope: { kind: 'project', id: project_id }, tokens: 5 } })).error?.code,
    ).toBe('exists')
    expect(await ours.call(putBudget, { params: { id: made.id }, body: { tokens: 7 } })).toMatchObject({ tokens: 7 })
    expect((await ours.call(listBudgets)).items.map(({ id }) => id)).toContain(made.id)
    expect((await theirs.send(getBudget, { params: { id: made.id } })).error?.code).toBe('not_found')
    await ours.call(deleteBudget, { params: { id: made.id } })
    expect((await ours.send(getBudget, { params: { id: made.id } })).error?.code).toBe('not_found')
  })

  it('hold an agent to its live runs', async () => {
    const { id } = await ours.agent({ live_runs_max: 2 })
    const { items } = await ours.call(listBudgets, { query: { scope_kind: 'agent', scope_id: id } })
    expect(items).toMatchObject([{ live_runs: 2, scope: { kind: 'agent', id } }])
  })
})

describe('approvals over HTTP', () => {
  async function ask(quorum = 1) {
    const { organization_id } = ours
    const place = { organization_id, project_id, goal_id: newId(), task_id: null, run_id: null }
    const facts = {
      artifact_sha256: null,
      policy_version: 1,
      read_set: [],
      rule: 'plan_approval',
      tags: [],
      confidence: null,
    }
    const makers = { made_by: [], stated_by: null, amended_by: null }
    const [id = ''] = await engine.transact((tx) =>
      approvals.open(tx, [
        {
          ...{ ...place, ...facts, ...makers, subject_kind: 'plan', subject_id: place.goal_id, question: 'So?' },
          ...{ options: ['approve', 'reject', 'amend'], proposed: '{}', risk: 'low', quorum, due_ms: 60_000 },
        },
      ]),
    )
    return { params: { id }, goal_id: place.goal_id }
  }

  it('are answered: at once, later, or counted', async () => {
    const now = await ask()
    const applied = await ours.send(respondApproval, { ...now, body: { action: 'approve' } })
    expect([applied.status, applied.data]).toEqual([
      200,
      { request_id: now.params.id, action: 'approve', status: 'applied', applied: { state_version: 3 } },
    ])
    expect((await ours.send(respondApproval, { ...now, body: { action: 'approve' } })).error?.code).toBe(
      'approval_decided',
    )
    const later = await ask()
    const decided = await ours.send(respondApproval, { ...later, body: { action: 'approve', revocable_ms: 60_000 } })
    expect([decided.status, (decided.data as { status: string }).status]).toEqual([202, 'decided'])
    expect(await ours.call(revokeApproval, later)).toMatchObject({ status: 'open' })
    const counted = await ask(2)
    const first = await ours.send(respondApproval, { ...counted, body: { action: 'approve' } })
    expect([first.status, first.data]).toMatchObject([202, { status: 'open', answers_missing: 1 }])
    const colleague = await ours.colleague('Another')
    expect(await colleague.call(respondApproval, { ...counted, body: { action: 'approve' } })).toMatchObject({
      status: 'applied',
    })
  })

  it('need a reason to be rejected, and something to be amended', async () => {
    const { params } = await ask()
    expect((await ours.send(respondApproval, { params, body: { action: 'reject' } })).error?.detail.field).toBe(
      'comment',
    )
    expect((await ours.send(respondApproval, { params, body: { action: 'amend' } })).error?.detail.field).toBe(
      'content',
    )
    expect((await ours.send(respondApproval, { params, body: { action: 'skip' } })).error?.code).toBe('invalid')
    expect(await ours.call(getApproval, { params })).toMatchObject({ status: 'open', answers: [] })
  })

  it('are claimed, put aside and listed', async () => {
    const { params, goal_id } = await ask()
    expect(await ours.call(claimApproval, { params, body: {} })).toMatchObject({ claimed_until: expect.any(String) })
    expect((await ours.call(listApprovals, { query: { goal_id } })).items).toHaveLength(1)
    const inProject = await ours.call(listProjectApprovals, {
      params: { id: project_id },
      query: { goal_id, page: 1, page_size: 5 },
    })
    expect(inProject).toMatchObject({ total: 1 })
    await ours.call(snoozeApproval, { params, body: { for_ms: 60_000 } })
    expect((await ours.call(listApprovals, { query: { goal_id } })).items).toEqual([])
    expect((await theirs.send(getApproval, { params })).error?.code).toBe('not_found')
    expect((await theirs.send(listProjectApprovals, { params: { id: project_id } })).error?.code).toBe('not_found')
  })

  it('are a review queue under the names of the earlier systems', async () => {
    const [one, two, three] = [await ask(), await ask(), await ask()]
    const queue = await ours.call(getHitlQueue)
    expect(queue.items.map(({ review_id }) => review_id as string)).toEqual(
      expect.arrayContaining([one.params.id, two.params.id, three.params.id]),
    )
    expect(await ours.call(approveQueued, { ...one, body: { reviewer_id: 'somebody', notes: 'fine' } })).toEqual({
      approval_id: one.params.id,
      approved: true,
      execution_released: true,
      new_state_version: 3,
    })
    expect((await ours.send(rejectQueued, { ...two, body: { reason: '  ' } })).error?.detail.field).toBe('reason')
    expect(await ours.call(rejectQueued, { ...two, body: { reason: 'no' } })).toMatchObject({
      rejected: true,
      workflow_terminated: true,
    })
    const edit = { edits: { artifact: { content: { text: 'better' } } } }
    expect(await ours.call(editQueued, { ...three, body: edit })).toMatchObject({
      edit_id: three.params.id,
      requires_revalidation: true,
    })
    const [answer] = (await ours.call(getApproval, three)).answers
    expect(answer).toMatchObject({ action: 'amend', content: { text: 'better' } })
  })
})
