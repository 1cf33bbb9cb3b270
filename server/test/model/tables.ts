import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import { hasEnded } from '../../src/modules/planner/rules/planner.rules.ts'
import { decodeEntry, type EncodedEntry } from '../../src/platform/journal/encoding.ts'
import type { StoredEvent } from '../../src/platform/journal/events.ts'
import type { TestDatabase } from '../database.ts'

export interface TaskRow {
  readonly id: string
  readonly goal_id: string
  readonly key: string
  readonly superseded_in: number | null
  readonly status: TaskStatus
  readonly waits_on: number
  readonly step: string
  readonly leases: number
  readonly attempts: number
  readonly leases_lost: number
  readonly retries: number
  readonly conflicts: number
  readonly ended_at: string | null
}

interface Version {
  readonly document: string
  readonly version: number
  readonly may_move?: boolean
}

/** Everything an organization has in the engine's tables, read at once. */
export interface Tables {
  readonly goals: readonly { readonly id: string; readonly status: string; readonly open_tasks: number }[]
  readonly tasks: readonly TaskRow[]
  readonly edges: readonly { readonly from_id: string; readonly to_id: string; readonly on_failure: string }[]
  readonly queue: readonly string[]
  readonly live: readonly {
    readonly run_id: string
    readonly task_id: string
    readonly token: number
    readonly kind: string
  }[]
  readonly runs: readonly {
    readonly id: string
    readonly task_id: string
    readonly token: number
    readonly status: string
  }[]
  readonly approvals: readonly {
    readonly id: string
    readonly task_id: string
    readonly run_id: string | null
    readonly subject_kind: string
    readonly status: string
    readonly action: string | null
  }[]
  readonly holds: readonly { readonly run_id: string; readonly cost: number }[]
  readonly balances: readonly { readonly held: number; readonly used: number; readonly most: number }[]
  readonly commits: readonly {
    readonly task_id: string | null
    readonly run_id: string | null
    readonly read_set: readonly Version[]
    readonly written: readonly Version[]
  }[]
  readonly verdicts: readonly { readonly run_id: string; readonly route_to: string }[]
  readonly outputs: readonly string[]
  readonly documents: readonly Version[]
  readonly appended: number
  readonly events: readonly StoredEvent[]
}

const rowsOf = (columns: string, from: string): string =>
  `(select coalesce(json_agg(r), '[]') from (select ${columns} from ${from}) r)`

const text = `select json_build_object(
  'goals', ${rowsOf('id, status, open_tasks', 'planner_goals where organization_id = $1')},
  'tasks', ${rowsOf(
    's.id, s.goal_id, t.key, t.superseded_in, s.status, s.waits_on, s.step, s.leases, s.attempts, s.leases_lost, s.retries, s.conflicts, s.ended_at',
    'planner_task_states s join planner_tasks t on t.organization_id = s.organization_id and t.id = s.id where s.organization_id = $1 order by s.id',
  )},
  'edges', ${rowsOf('from_id, to_id, on_failure', 'planner_task_edges where organization_id = $1')},
  'queue', (select coalesce(json_agg(task_id), '[]') from planner_task_queue where organization_id = $1),
  'live', ${rowsOf('run_id, task_id, token, kind', 'worker_live_runs where organization_id = $1')},
  'runs', ${rowsOf('id, task_id, token, status', 'worker_runs where organization_id = $1')},
  'approvals', ${rowsOf(
    'a.id, a.task_id, a.run_id, a.subject_kind, a.status, w.action',
    'approvals a left join approvals_answers w on w.organization_id = a.organization_id and w.id = a.decided_by_answer where a.organization_id = $1 order by a.id',
  )},
  'holds', ${rowsOf('id as run_id, cost_micro_usd as cost', 'budgets_holds where organization_id = $1')},
  'balances', ${rowsOf(
    'b.held_micro_usd as held, b.used_micro_usd as used, l.cost_micro_usd as most',
    'budgets_balances b join budgets_limits l on l.organization_id = b.organization_id and l.id = b.limit_id where b.organization_id = $1',
  )},
  'commits', ${rowsOf('task_id, run_id, read_set, written', 'state_commits where organization_id = $1 order by id')},
  'verdicts', ${rowsOf('run_id, route_to', 'judge_verdicts where organization_id = $1')},
  'outputs', (select coalesce(json_agg(task_id), '[]') from planner_task_outputs where organization_id = $1),
  'documents', ${rowsOf('document, version', 'state_documents where organization_id = $1')},
  'appended', (select coalesce(max(json_array_length(v.value)), 0) from state_document_versions v where v.organization_id = $1 and v.document = 'log'),
  'entries', ${rowsOf('id, events', 'journal_entries where organization_id = $1 order by id')}) as tables`

export async function readTables({ source }: TestDatabase, organization_id: string): Promise<Tables> {
  const { rows } = await source.use((connection) =>
    connection.query({ text, values: [organization_id], name: 'model_tables' }),
  )
  // Just as the statement builds it.
  const [{ tables }] = rows as [
    { tables: Tables & { readonly entries: readonly { id: string; events: EncodedEntry }[] } },
  ]
  return { ...tables, events: tables.entries.flatMap(({ id, events }) => decodeEntry(id, events)) }
}

/** What has ended in the tables so far. */
export type Ended = Map<string, string>

/** Every breach of docs/invariants.md that the tables show, in words. */
export function brokenTables(tables: Tables, ended: Ended): string[] {
  return [
    ...taskRules(tables, ended),
    ...queueRules(tables),
    ...commitRules(tables),
    ...budgetRules(tables),
    ...journalRules(tables),
  ]
}

function taskRules({ tasks, live, goals, edges, approvals }: Tables, ended: Ended): string[] {
  const found: string[] = []
  const by_id = new Map(tasks.map((task) => [task.id, task]))
  for (const task of tasks) {
    const say = (problem: string) => found.push(`task ${task.key} ${task.id} (${task.status}): ${problem}`)
    const runs = live.filter(({ task_id, kind }) => task_id === task.id && kind === 'work')
    if (runs.length !== (task.status === 'running' ? 1 : 0)) say(`${runs.length} live runs of kind work`)
    if (runs.some(({ token }) => token !== task.leases)) say('its live run has not the newest token')
    if ((task.ended_at !== null) !== hasEnded(task.status)) say(`ended_at is ${task.ended_at}`)
    const before = ended.get(task.id)
    const now = `${task.status} ${task.ended_at}`
    if (before !== undefined && before !== now) say(`it had ended ${before}`)
    if (hasEnded(task.status)) ended.set(task.id, now)
    if (task.superseded_in !== null && !hasEnded(task.status)) say('it is out of the plan and has not ended')
    const open = approvals.filter(
      (one) => one.task_id === task.id && (one.status === 'open' || one.status === 'decided'),
    )
    if (open.length !== (task.status === 'awaiting_approval' ? 1 : 0)) say(`${open.length} open approvals`)
    const parents = edges.filter(({ to_id }) => to_id === task.id)
    const waited = parents.filter(({ from_id, on_failure }) => {
      const from = by_id.get(from_id)
      return from && !(hasEnded(from.status) && (from.status === 'done' || on_failure === 'continue'))
    })
    if (task.status === 'pending' && task.waits_on !== waited.length)
      say(`waits on ${task.waits_on}, and ${waited.length} are not there`)
    if (
      ['ready', 'running', 'in_review', 'done'].includes(task.status) &&
      waited.some(({ from_id }) => by_id.get(from_id)?.status !== 'failed') &&
      task.step === 'run'
    )
      say('it has begun before what it depends on has ended')
  }
  for (const goal of goals) {
    const open = tasks.filter(
      (task) => task.goal_id === goal.id && task.superseded_in === null && !hasEnded(task.status),
    ).length
    if (goal.open_tasks !== open) found.push(`goal ${goal.id}: open_tasks is ${goal.open_tasks} and ${open} are open`)
    if (['done', 'failed', 'cancelled'].includes(goal.status) !== (open === 0))
      found.push(`goal ${goal.id} is ${goal.status} with ${open} open tasks`)
  }
  return found
}

/** Queue rows exist exactly for what is ready in a running goal and not out of the plan. */
function queueRules({ tasks, goals, queue }: Tables): string[] {
  const running = new Set(goals.flatMap(({ id, status }) => (status === 'running' ? [id] : [])))
  const wanted = new Set(
    tasks.flatMap((task) =>
      task.status === 'ready' && task.superseded_in === null && running.has(task.goal_id) ? [task.id] : [],
    ),
  )
  const queued = new Set(queue)
  return [
    ...[...wanted].filter((id) => !queued.has(id)).map((id) => `ready and not queued: ${id}`),
    ...[...queued].filter((id) => !wanted.has(id)).map((id) => `queued and not ready: ${id}`),
  ]
}

function commitRules({ tasks, commits, verdicts, approvals, outputs, documents, appended }: Tables): string[] {
  const found: string[] = []
  const done = new Set(tasks.flatMap(({ id, status }) => (status === 'done' ? [id] : [])))
  const passed = new Set(verdicts.flatMap(({ run_id, route_to }) => (route_to === 'commit' ? [run_id] : [])))
  const approved = new Set(
    approvals.flatMap((one) =>
      one.status === 'applied' && (one.action === 'approve' || one.action === 'amend') ? [one.run_id] : [],
    ),
  )
  const heads = new Map<string, number>()
  const committed = new Set<string>()
  for (const { task_id, run_id, read_set, written } of commits) {
    if (task_id !== null) {
      if (committed.has(task_id)) found.push(`task ${task_id} committed twice`)
      committed.add(task_id)
      if (!done.has(task_id)) found.push(`task ${task_id} committed and is not done`)
      if (run_id === null || !(passed.has(run_id) || approved.has(run_id)))
        found.push(`the commit of ${run_id} has neither a verdict nor an approval`)
    }
    for (const { document, version, may_move } of read_set)
      if (!may_move && (heads.get(document) ?? 0) !== version)
        found.push(`stale: ${document} was read at ${version} and stood at ${heads.get(document) ?? 0}`)
    for (const { document, version } of written) {
      if ((heads.get(document) ?? 0) + 1 !== version)
        found.push(`${document} went from ${heads.get(document) ?? 0} to ${version}`)
      heads.set(document, version)
    }
  }
  for (const { document, version } of documents)
    if (heads.get(document) !== version)
      found.push(`${document} stands at ${version}, and commits wrote ${heads.get(document)}`)
  if ((heads.get('log') ?? 0) !== appended)
    found.push(`${heads.get('log') ?? 0} commits appended, and the log has ${appended} items`)
  const kept = new Set(outputs)
  for (const id of done) if (!kept.has(id)) found.push(`task ${id} is done without an output`)
  for (const id of kept) if (!done.has(id)) found.push(`task ${id} has an output and is not done`)
  return found
}

function budgetRules({ balances, holds, live }: Tables): string[] {
  const found: string[] = []
  const held = holds.reduce((sum, { cost }) => sum + cost, 0)
  const living = new Set(live.map(({ run_id }) => run_id))
  for (const { run_id } of holds) if (!living.has(run_id)) found.push(`a run that has ended holds money: ${run_id}`)
  for (const balance of balances) {
    if (balance.held !== held) found.push(`${balance.held} is held, and the holds are ${held}`)
    if (balance.held + balance.used > balance.most)
      found.push(`${balance.held} held and ${balance.used} used of ${balance.most}`)
  }
  return found
}

const end_events = ['task.done', 'task.failed', 'task.rejected', 'task.skipped', 'task.cancelled']

/** Each transition stands in the journal, once. */
function journalRules({ events, tasks, live, runs }: Tables): string[] {
  const found: string[] = []
  const by_task = new Map<string, Map<string, number>>()
  for (const { task_id, type } of events) {
    if (task_id === undefined) continue
    const counts = by_task.get(task_id) ?? new Map<string, number>()
    counts.set(type, (counts.get(type) ?? 0) + 1)
    by_task.set(task_id, counts)
  }
  for (const task of tasks) {
    const counts = by_task.get(task.id)
    const of = (type: string): number => counts?.get(type) ?? 0
    const ends = end_events.filter((type) => of(type) > 0).map((type) => `${type} ×${of(type)}`)
    const wanted = hasEnded(task.status) ? [`task.${task.status} ×1`] : []
    if (ends.join() !== wanted.join())
      found.push(`task ${task.key} is ${task.status}, and the journal says ${ends.join() || 'nothing of an end'}`)
    const started =
      runs.filter(({ task_id }) => task_id === task.id).length +
      live.filter(({ task_id }) => task_id === task.id).length
    if (of('task.started') !== started)
      found.push(`task ${task.key} has ${started} runs, and ${of('task.started')} were started`)
    const finished = runs.filter(({ task_id, status }) => task_id === task.id && status === 'finished').length
    if (of('task.reported') !== finished)
      found.push(`task ${task.key} has ${finished} results, and ${of('task.reported')} were reported`)
    const lost = runs.filter(({ task_id, status }) => task_id === task.id && status === 'lost').length
    if (of('task.lease_lost') !== lost)
      found.push(`task ${task.key} lost ${lost} leases, and the journal says ${of('task.lease_lost')}`)
  }
  return found
}
