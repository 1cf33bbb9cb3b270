import { createDatabase } from './src/platform/db/db.ts'
import { openPostgres } from './src/platform/db/postgres.ts'
import { migrate } from './src/platform/db/migrate.ts'
import { sql } from './src/platform/db/sql.ts'
import { newId } from './src/platform/ids.ts'
import { createJournal } from './src/platform/journal/record.ts'
import { createSequencer } from './src/platform/journal/sequencer.ts'
import { newSignerPem, signerFrom, sha256 } from './src/platform/journal/seal.ts'
import { createDispatch } from './src/platform/dispatch/dispatch.ts'
import { createPlanner } from './src/modules/planner/planner.service.ts'
import { createBudgets } from './src/modules/budgets/budgets.service.ts'
import { createWorker } from './src/modules/worker/worker.service.ts'
import { createRunner } from './src/modules/worker/runner.jobs.ts'
import { commitAll } from './src/modules/state/operations/commit.ts'
import { stateStore } from './src/modules/state/state.store.ts'
import { projectsStore } from './src/modules/projects/projects.store.ts'
import { settleResults } from './src/modules/judge/operations/settle.ts'
import { verdictOf } from './src/modules/judge/judge.rules.ts'
import { default_policy, completePolicy } from '@muster/contract/shapes/policies'
import { planTask } from '@muster/contract/shapes/tasks'
import { graphOf } from './src/modules/planner/rules/graph.rules.ts'
import { rowsOf } from './src/modules/planner/rules/plan-rows.rules.ts'
import { goalStore } from './src/modules/planner/store/goal.store.ts'
import { noop } from './src/modules/tools/capabilities/noop.ts'

const mode = process.argv[2] ?? 'alone' // alone | whole
const slots = Number(process.argv[3] ?? 64)
const goals = Number(process.argv[4] ?? 300)
const shape = process.argv[5] ?? 'diamond'
import pg from 'pg'
// @ts-ignore
import { pgcpu } from '/tmp/pgcpu.mjs'
const admin = new pg.Client('postgres://postgres@127.0.0.1:5544/postgres'); await admin.connect()
await admin.query('drop database if exists trybench'); await admin.query('create database trybench'); await admin.end()
const source = openPostgres({ url: process.env.SOCK ? 'postgres://postgres@/trybench?host=/tmp/pgb&port=5544' : 'postgres://postgres@127.0.0.1:5544/trybench', connections: 8, statement_timeout_ms: 60000, onError: console.error })
await migrate(source, new URL('./migrations/', import.meta.url))
const database = createDatabase(source)
const { engine, db } = database
const org = newId(), project = newId(), agent = newId()
const actor = { kind: 'system', id: 'muster' } as const
const policy = mode === 'whole' ? default_policy : completePolicy({ checks: [] })
await engine.transact(async tx => {
  await tx.execute(sql`insert into organizations (organization_id,name) values (${org},'o')`)
  await tx.execute(sql`insert into projects (organization_id,id,name,oversight,policy_version) values (${org},${project},'p','medium',1)`)
  await tx.execute(sql`insert into project_policies (organization_id,project_id,version,policy,oversight) values (${org},${project},1,${JSON.stringify(policy)},'medium')`)
  await tx.execute(sql`insert into agents (organization_id,id,name,runtime,capabilities) values (${org},${agent},'builtin','builtin',${['noop']}::text[])`)
})
let seqTime = 0, sealed = 0
const sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
let dirty = false, sealing: Promise<void> | undefined
function wakeSeq() { dirty = true; sealing ??= (async () => { while (dirty) { dirty = false; const t = performance.now(); const r = await sequencer.seal(); seqTime += performance.now() - t; sealed += r.events; if (r.events) dirty = true; await new Promise(r => setTimeout(r, 25)) } sealing = undefined })() }
const journal = createJournal({ epoch: 1, onRecorded: wakeSeq })
const dispatch = createDispatch()
const planner = createPlanner({ journal, dispatch, ask: async () => {} })
const budgets = createBudgets({ journal })
const state = { read: stateStore.read, commit: commitAll, moved: async () => [] }
const cache = new Map<string, any>()
const projects = { gates: (tx: any, refs: any, lock: string) => lock === 'share' ? projectsStore.lockGates(tx, refs) : projectsStore.gates(tx, refs), policy: async (tx: any, ref: any, v: number) => { const k = ref.project_id + v; let p = cache.get(k); if (!p) { p = await projectsStore.policy(tx, ref, v); cache.set(k, p) } return p } }
const worker = createWorker({ onStopped() {}, announceReview() {}, engine, journal, budgets, planner, state })
let examine: any = async (tx: any, { policy }: any) => verdictOf({ findings: [], facts: { approval: 'none', sent_back: 0, deterministic: true, loss_possible: false, effect_for_people: false, amended: false }, policy })
if (mode === 'whole') {
  const { runChecks, textsOf } = await import('./src/modules/judge/checks/run-checks.ts' as string)
  examine = async (tx: any, { policy, result: r }: any) => verdictOf({ findings: runChecks(policy.checks, { output: r.value, sources: new Map() }), facts: { approval: 'none', sent_back: 0, deterministic: true, loss_possible: false, effect_for_people: false, amended: false }, policy })
}
const judgeParts = { journal, projects, state, budgets, approvals: { open: async () => { throw new Error('x') }, withdraw: async () => {} }, planner, worker, examine, isDeterministic: () => true } as any
worker.register({ kind: 'work', settle: (tx, results) => settleResults(judgeParts, tx, results) })

// goals
const keys = Array.from({ length: 10 }, (_, i) => 't' + i)
async function makeGoal() {
  const goal_id = newId()
  const tasks = keys.map((key, i) => planTask.parse({ key, capability: 'noop', input: { text: 'a'.repeat(200), pad_bytes: 1000 }, depends_on: shape === 'chain' ? (i ? ['t' + (i - 1)] : []) : i === 0 ? [] : i === 9 ? keys.slice(1, 9) : ['t0'], writes: mode === 'whole' ? [{ op: 'set', document: `g/${goal_id}/${key}`, value: { $from: 'output' } }] : [], ...(mode === 'whole' && { budget: { cost_micro_usd: 1 } }) }))
  const graph = graphOf(tasks)
  const ids = new Map(keys.map(k => [k, newId()]))
  const rows = rowsOf(tasks as any, graph, { priority: 'medium', approve_before: [], agents: new Map(), ids })
  await engine.transact(async tx => {
    await goalStore.insertGoal(tx, { organization_id: org, id: goal_id, project_id: project, title: 'g', text: null, status: 'running', strategy: 'explicit', plan_revision: 1, priority: 2, artifact_ids: [], variables: '{}', created_by: JSON.stringify(actor), open_tasks: 10 })
    await goalStore.graft(tx, { organization_id: org, project_id: project, goal_id, revision: 1, created_by: JSON.stringify(actor), tasks: rows.tasks, edges: rows.edges, queue: true })
    if (mode === 'whole') await tx.execute(sql`insert into budget_limits (organization_id,id,scope_kind,scope_id,budget_window,cost_micro_usd) values (${org},${newId()},'goal',${goal_id},'goal',1000000)`)
    journal.record(tx, org, [{ type: 'goal.created', actor, goal_id, project_id: project }])
    dispatch.announce(tx, 'task_queue')
  })
  return goal_id
}
if (mode === 'whole') await engine.transact(async tx => { for (const [k, id] of [['organization', org], ['project', project]]) await tx.execute(sql`insert into budget_limits (organization_id,id,scope_kind,scope_id,budget_window,cost_micro_usd) values (${org},${newId()},${k},${id},'ever',1000000000)`) })
const chain = shape === 'chain'
if (!chain) { for (let i = 0; i < goals; i += 8) await Promise.all(Array.from({ length: 8 }, makeGoal)) }
await engine.transact(tx => tx.execute(sql`select 1`))
let ended = 0, unsettled = 0
const sizes: number[] = []
let execTime = 0
const runner = createRunner({ slots, dispatch, onError: console.error,
  claim: async max => { const c = await worker.claim({ claimer: { runtime: 'builtin' }, max, claimed_by: actor, process_id: null }); if (c.length) sizes.push(c.length); return c },
  work: async ({ run, task }) => {
    const { output } = await noop.run(task.input, {} as any)
    const text = JSON.stringify(output)
    return { written: worker.settle({ run, task, completed_by: actor, output: text, value: output, output_sha256: sha256(text).toString('hex'), artifact_ids: [], source_ids: [], usage: { cost_micro_usd: 0, tokens: 0 } }).then(o => { ended++; if (o !== 'committed') console.log(o) }) }
  } })
 database.counts.statements = 0; database.counts.transactions = 0; sealed = 0; seqTime = 0
const wal = async () => (await engine.transact(tx => tx.row<any>(sql`select pg_current_wal_lsn()::text l`))).l
const w0 = await wal()
const cpu0 = process.cpuUsage(), pg0 = pgcpu()
const t0 = performance.now()
runner.start()
if (chain) {
  const times: number[] = []
  for (let i = 0; i < 60; i++) { const target = ended + 10; const t = performance.now(); await makeGoal(); const t1 = performance.now(); while (ended < target) await new Promise(r => setImmediate(r)); times.push(performance.now() - t1); await new Promise(r => setTimeout(r, 20)) }
  times.sort((a, b) => a - b); console.log('chain p50', times[30].toFixed(1), 'p90', times[54].toFixed(1))
} else {
  while (ended < goals * 10) await new Promise(r => setTimeout(r, 5))
  const ms = performance.now() - t0; const pg1 = pgcpu()
  const cpu = process.cpuUsage(cpu0)
  const w1 = await wal()
  const walb = await engine.transact(tx => tx.row<any>(sql`select pg_wal_lsn_diff(${w1}::pg_lsn, ${w0}::pg_lsn)::bigint d`))
  console.log(mode, 'slots', slots, (goals * 10 / ms * 1000).toFixed(0), 'tasks/s', 'node cpu/1000', ((cpu.user + cpu.system) / 1000 / (goals * 10)).toFixed(3), 'ms/task; pg cpu', ((pg1 - pg0) / goals / 10).toFixed(3), 'stmts/task', (database.counts.statements / goals / 10).toFixed(2), 'wal/task', (walb.d / goals / 10).toFixed(0), 'avg claim', (sizes.reduce((a, b) => a + b, 0) / sizes.length).toFixed(1), 'sealed', sealed, 'seq ms', seqTime.toFixed(0))
}
await runner[Symbol.asyncDispose]()
for (const [k,e] of (globalThis as any).__by ?? []) console.log(String(e[0]).padStart(6), (e[1]/goals/10).toFixed(0).padStart(7), (e[2]/goals/10).toFixed(0).padStart(7), k)
for (const [k,[n,t]] of [...((globalThis as any).__st ?? [])].sort((a:any,b:any)=>b[1][1]-a[1][1]).slice(0,14)) if (0) console.log(String(n).padStart(6),t.toFixed(0).padStart(7),(t/n).toFixed(3).padStart(8),k)
console.log(await engine.transact(tx => tx.rows(sql`select status, count(*) from goals group by 1`)))
while (sealing) await sealing
await database[Symbol.asyncDispose]()
