/** Organizations with rows in every table of the product. */
import { stopAgent } from '@muster/contract/agents/operations'
import { respondApproval } from '@muster/contract/approvals/operations'
import { createChatCompletion } from '@muster/contract/gateway/call.operations'
import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { createProject, putPolicy } from '@muster/contract/projects/operations'
import { putDocument } from '@muster/contract/state/operations'
import { askPerson, completeRun } from '@muster/contract/worker/operations'
import { expect } from 'vitest'
import { compose } from '../src/app/compose.ts'
import { createApi } from '../src/app/services/serve.ts'
import { type ChangeBalances, changeBalances } from '../src/modules/budgets/balances.service.ts'
import { reserve } from '../src/modules/budgets/operations/reserve.ts'
import { createRetention } from '../src/modules/gateway/operations/retention.ts'
import { readConfig } from '../src/platform/config.ts'
import { newId } from '../src/platform/ids.ts'
import { newSignerPem, signerFrom } from '../src/platform/journal/seal.ts'
import { createSequencer } from '../src/platform/journal/sealing/sequencer.ts'
import { silent_log } from '../src/platform/log.ts'
import { answer, goal, question, type RemoteAgent, remoteAgent, task } from './engine/steps.ts'
import { type ApiClient, apiClientOf } from './fixtures.ts'
import type { Things } from './hostile/requests.ts'
import { tenant } from './hostile/tenant.ts'
import { type TestProgram, test_secrets } from './program.ts'

/** Nobody writes it yet: it is kept for listeners to come. */
export const empty_tables = ['journal_listeners']

/** Leaves rows of each organization in every table: what runs, waits, failed, was refused, was spent; all of it sealed. */
export async function fillEveryTable(made: TestProgram, clients: readonly ApiClient[]): Promise<void> {
  const { engine } = made.database
  await using withoutJudge = await startWithoutJudge(made)
  // What is left under way is left when nobody works any more.
  const leaveUnderWay: (() => Promise<void>)[] = []
  for (const api of clients) leaveUnderWay.push(await fill({ made, withoutJudge, api }))
  for (const leave of leaveUnderWay) await leave()
  await fillModelCalls(made, clients)
  const signer = signerFrom(newSignerPem())
  const sequencer = createSequencer({ engine, signer })
  for (;;) {
    const { more, waiting } = await sequencer.seal()
    if (!more && !waiting) return
  }
}

interface FillOptions {
  readonly made: TestProgram
  readonly withoutJudge: WithoutJudge
  readonly api: ApiClient
}

type WithoutJudge = Awaited<ReturnType<typeof startWithoutJudge>>

/** A process that leaves judging to others: its results wait for them. */
async function startWithoutJudge(made: TestProgram) {
  const config = {
    ...readConfig({ MUSTER_DATA_DIR: made.folder, MUSTER_FAST: '1' }),
    services: ['api', 'worker'] as const,
  }
  const more = { config, database: { ...made.database, epoch: 1 }, log: silent_log }
  const program = compose({ ...more, directory: { path: made.folder }, secrets: test_secrets })
  const { app } = createApi(program, more).http
  await app.ready()
  return {
    app,
    async [Symbol.asyncDispose]() {
      await app.close()
      await program.gateway[Symbol.asyncDispose]()
      await program.threads[Symbol.asyncDispose]()
    },
  }
}

/** What runs, waits, failed, was refused, was spent by one organization. Gives what leaves more of it under way. */
async function fill(options: FillOptions): Promise<() => Promise<void>> {
  const { made, api } = options
  const { things } = await tenant(made, api)
  const worker = await remoteAgent(api, 'filling')
  const stoppedAgent = await api.agent()
  await api.call(stopAgent, { params: { id: stoppedAgent.id }, body: { reason: 'a drill' } })
  await api.call(createProject, { body: { name: 'Once' }, headers: { 'idempotency-key': 'once' } })
  const { id: project_id } = await api.project()
  await api.call(putDocument, { params: { id: project_id, key: 'news' }, body: { value: 1 } })
  const plan = [
    task('moved', { capability: 'filling', reads: ['news'] }),
    task('agreed', { approval: 'after' }),
    task('returned', { approval: 'after', input: { $from: 'agreed.output' } }),
  ]
  const statedGoal = await goal(api, plan, { project_id })
  const run = await worker.claimOne()
  await api.call(putDocument, { params: { id: project_id, key: 'news' }, body: { value: 2 } })
  expect((await worker.complete(run, { text: 'Old news.' })).status).toBe(202)
  await made.work()
  await made.tick()
  const { id } = await question(api, statedGoal.id)
  await api.call(respondApproval, { params: { id }, body: { action: 'approve' } })
  await made.work()
  await made.tick()
  const amended = await answer(api, (await question(api, statedGoal.id)).id, { action: 'amend', comment: 'Say more.' })
  expect(amended.status).toBe(200)
  await fillThoughts(options)
  // As if the journal had been cut at its very beginning, where there is nothing to cut.
  await made.database.sql(`insert into journal_retired (organization_id, through_number, head) values ($1, 0, '')`, [
    api.organization_id,
  ])
  return () => leaveUnderWayOf(options, worker, things)
}

const rubric = {
  ...{ check: 'rubric', severity: 'info', weight: 0.1, measures: 'quality', violation_from: 1 },
  params: { name: 'clarity', model: 'offline', criteria: 'It is clear.' },
} as const

/** A persona, and a result that no model could be brought to score. */
async function fillThoughts({ made, api }: FillOptions): Promise<void> {
  await api.agent({ persona: { template: 'coder' } })
  const { id: project_id } = await api.project()
  await api.call(putPolicy, { params: { id: project_id }, body: { checks: [rubric] } as never })
  await goal(api, [task('scored')], { project_id })
  await made.work()
  for (let round = 0; round < 3; round++) {
    await made.tick()
    await made.database.clock.advance(120_000)
  }
}

/** Calls of models that are not kept any more, and one that is. */
async function fillModelCalls({ database }: TestProgram, clients: readonly ApiClient[]): Promise<void> {
  await createRetention({ engine: database.engine, attempt_days: 0 })()
  const body = { model: 'offline', messages: [{ role: 'user', content: 'Well?' }] }
  for (const api of clients) await api.call(createChatCompletion, { body })
}

/** What is under way when somebody looks: one result with its sources, one that nobody judged, one run, one task. */
async function leaveUnderWayOf(
  { made, withoutJudge, api }: FillOptions,
  worker: RemoteAgent,
  { projectId: project_id, artifactId: artifact_id }: Things,
): Promise<void> {
  const of = { project_id: String(project_id) }
  await goal(api, [task('sourced', { capability: 'filling', input: { artifact_id: String(artifact_id) } })], of)
  for (const run of await worker.claim()) expect((await worker.complete(run, { text: 'Some text.' })).status).toBe(202)
  await goal(api, [task('unjudged', { capability: 'filling' })], of)
  const { run_id, token } = await worker.claimOne()
  const unjudgedApi = apiClientOf(withoutJudge.app, worker.api)
  await unjudgedApi.call(completeRun, { body: { run_id, token, output: {} } })
  await goal(api, [task('held', { capability: 'filling', budget: { tokens: 1 } })], of)
  await worker.claimOne()
  await goal(api, [task('left', { capability: 'filling' })], of)
  await goal(api, [task('asking', { capability: 'filling' })], of)
  const [askingRun] = await worker.claim(1)
  if (!askingRun) throw new Error('there is nothing to ask about')
  const lease = { run_id: askingRun.run_id, token: askingRun.token }
  await worker.api.call(askPerson, { body: { ...lease, question: 'Well?' } })
  await api.call(createGoal, {
    body: { project_id: of.project_id, title: 'Think', strategy: 'model', model: 'offline' } as never,
  })
  const { id: scored_project_id } = await api.project()
  await api.call(putPolicy, { params: { id: scored_project_id }, body: { checks: [rubric] } as never })
  await goal(api, [task('unscored', { capability: 'filling' })], { project_id: scored_project_id })
  for (const run of await worker.claim())
    if (run.brief.project_id === scored_project_id) await worker.complete(run, { text: 'Some.' })
  await goal(api, [task('left_again', { capability: 'filling' })], of)
  await reserveAhead(made, api)
}

/** As a process does that takes calls of models. */
async function reserveAhead({ database }: TestProgram, { organization_id }: ApiClient): Promise<void> {
  const scopes = { organization_id, project_id: null, goal_id: null, agent_id: null }
  const each = { cost_micro_usd: 1, tokens: 1 }
  const request = { ...scopes, id: newId(), process_id: newId(), calls: [], more: 1, each }
  const change: ChangeBalances = (tx, changes) => changeBalances(database.journal, tx, changes)
  await database.engine.transact((tx) => reserve(change, tx, [request]))
}
