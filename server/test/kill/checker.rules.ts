import {
  appendDocument,
  type Call,
  counterDocument,
  type Evidence,
  type Finding,
  type SeenEvent,
  type StatedGoal,
} from './evidence.types.ts'

type Rule = (evidence: Evidence) => readonly string[]

/** What must hold whatever was killed, stopped, restarted or lost meanwhile. Each rule says where it does not. */
const rules = {
  acknowledged_goals_are_there: ({ calls, goals }) => {
    const titles = new Map(goals.map(({ id, title }) => [id, title]))
    return acknowledged(calls, 'POST /api/v1/goals').flatMap(({ about, data }) => {
      const { id } = data as { readonly id: string }
      return titles.get(id) === about.goal?.title ? [] : [`${about.goal?.title} was acknowledged as ${id} and is lost`]
    })
  },

  goals_are_stated_once: ({ goals }) =>
    repeated(goals.map(({ title }) => title)).map((title) => `${title} is there twice`),

  appends_are_there_once: (evidence) => {
    const wanted = effectsOf(evidence, ({ appends }) => appends)
    return roundsOf(evidence).flatMap((round) => {
      const value = (evidence.documents.get(appendDocument(round)) ?? []) as readonly string[]
      return differences(value, wanted.get(round) ?? [], appendDocument(round))
    })
  },

  increments_are_counted_once: (evidence) => {
    const wanted = effectsOf(evidence, ({ increments }) => increments)
    return roundsOf(evidence).flatMap((round) => {
      const value = evidence.documents.get(counterDocument(round)) ?? 0
      const count = wanted.get(round)?.length ?? 0
      return value === count ? [] : [`${counterDocument(round)} is ${value} after ${count} increments`]
    })
  },

  sets_have_the_last_value: ({ calls, goals, documents }) => {
    const done = new Set(goals.filter(({ status }) => status === 'done').map(({ title }) => title))
    return statedGoals(calls).flatMap(({ title, sets }) =>
      Object.entries(sets).flatMap(([document, value]) =>
        !done.has(title) || documents.get(document) === value ? [] : [`${document} is ${documents.get(document)}`],
      ),
    )
  },

  results_are_committed_once: ({ events }) =>
    ['state.committed', 'task.done'].flatMap((type) =>
      repeated(events.flatMap((event) => (event.type === type ? (event.task_id ?? []) : []))).map(
        (task_id) => `${type} stands twice in the journal for task ${task_id}`,
      ),
    ),

  acknowledged_results_count: ({ calls, events }) => {
    const reported = runsWith(events, 'task.reported')
    const lost = runsWith(events, 'task.lease_lost')
    return acknowledged(calls, 'POST /api/v1/worker/complete').flatMap(({ about }) => {
      const run_id = about.run_id ?? ''
      if (lost.has(run_id))
        return [`the result of run ${run_id} was acknowledged, and its lease was taken all the same`]
      return reported.has(run_id) ? [] : [`the result of run ${run_id} was acknowledged and is lost`]
    })
  },

  old_tokens_write_nothing: ({ calls }) => {
    const newest = newestTokens(calls)
    return acknowledged(calls, 'POST /api/v1/worker/complete').flatMap(({ about, began_at }) => {
      const { task_id = '', token = 0 } = about
      const claim = newest.get(task_id)
      if (!claim || claim.token <= token || claim.known_at > began_at) return []
      return [`task ${task_id} took a result under token ${token} after token ${claim.token} had been handed out`]
    })
  },

  answers_are_applied: ({ calls, tasks }) => {
    const statuses = new Map(tasks.map(({ id, status }) => [id, status]))
    return calls.flatMap(({ operation, outcome, about }) => {
      if (!operation.endsWith('/respond') || outcome !== 'ok' || about.action !== 'approve') return []
      const status = statuses.get(about.task_id ?? '')
      return status === 'done' || status === 'cancelled' ? [] : [`task ${about.task_id} was approved and is ${status}`]
    })
  },

  cancelled_goals_stay_cancelled: ({ calls, goals }) => {
    const statuses = new Map(goals.map(({ id, status }) => [id, status]))
    return calls.flatMap(({ operation, outcome, about: { goal_id = '' } }) =>
      operation.endsWith('/cancel') && outcome === 'ok' && statuses.get(goal_id) !== 'cancelled'
        ? [`goal ${goal_id} was cancelled and is ${statuses.get(goal_id)}`]
        : [],
    )
  },

  uploads_are_kept: ({ calls, uploads }) =>
    acknowledged(calls, 'POST /api/v1/artifacts').flatMap(({ about, data }) => {
      const id = (data as { readonly items: readonly { id: string }[] }).items[0]?.id ?? ''
      return uploads.get(id) === about.content ? [] : [`upload ${id} was acknowledged and does not hold its content`]
    }),

  everything_ends: ({ goals, tasks, open_approvals }) => [
    ...goals.filter(({ status }) => !goal_ends.has(status)).map(({ id, status }) => `goal ${id} stays ${status}`),
    ...tasks.filter(({ status }) => !task_ends.has(status)).map(({ id, status }) => `task ${id} stays ${status}`),
    ...open_approvals.map((id) => `approval ${id} stays open`),
  ],

  only_lost_workers_fail_goals: ({ goals, tasks }) =>
    goals
      .filter(({ status }) => status === 'failed')
      .flatMap(({ id, title, reason }) => {
        const failed = tasks.filter(({ goal_id, status }) => goal_id === id && status === 'failed')
        const lost = failed.some((task) => task.reason?.includes('worker_lost') && task.counters.leases_lost >= 3)
        return lost ? [] : [`goal ${title} failed: ${reason ?? ''} ${failed.map((task) => task.reason).join('; ')}`]
      }),

  leases_are_lost_by_faults_only: (evidence) => {
    const { events, agent_id } = evidence
    const started = new Map(
      events.flatMap((event) => (event.type === 'task.started' && event.run_id ? [[event.run_id, event]] : [])),
    )
    return events.flatMap((event) => {
      const start = started.get(event.run_id ?? '')
      // A remote agent may have gone without a word: nobody has heard of its claim.
      if (event.type !== 'task.lease_lost' || !start || start.actor.id === agent_id) return []
      return isExplained(evidence, start, event)
        ? []
        : [
            `run ${event.run_id} of task ${event.task_id} was ended by another process, and none was killed or stopped between ${start.at} and ${event.at}`,
          ]
    })
  },

  nothing_stays_held: ({ books, held }) => [
    ...(books.valid ? [] : [`the books disagree: ${JSON.stringify(books.problems)}`]),
    ...(books.attempts.live + books.held.rows + books.reservations.rows === 0
      ? []
      : [`held: ${JSON.stringify({ attempts: books.attempts, held: books.held, reservations: books.reservations })}`]),
    ...held
      .filter(({ cost_micro_usd, tokens, live_runs }) => cost_micro_usd + tokens + live_runs !== 0)
      .map(
        (limit) =>
          `limit ${limit.id} still holds ${limit.cost_micro_usd} micro-USD, ${limit.tokens} tokens, ${limit.live_runs} runs`,
      ),
  ],

  journal_is_whole: ({ journal, events }) => [
    ...(journal.valid ? [] : [`the journal is not valid: ${JSON.stringify(journal.problems)}`]),
    ...(journal.unsealed === 0 ? [] : [`${journal.unsealed} entries of the journal stay without a number`]),
    ...events
      .flatMap(({ number }, index) => (number === index + 1 ? [] : [`event ${number} stands at place ${index + 1}`]))
      .slice(0, 1),
  ],
} satisfies Readonly<Record<string, Rule>>

export type RuleName = keyof typeof rules
export const ruleNames = Object.keys(rules) as readonly RuleName[]

/** Everything that does not hold. */
export function check(evidence: Evidence): Finding[] {
  return ruleNames.flatMap((rule) => rules[rule](evidence).map((message) => ({ rule, message })))
}

const goal_ends: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])
const task_ends: ReadonlySet<string> = new Set(['done', 'failed', 'rejected', 'skipped', 'cancelled'])
/** Clocks are read on both sides of a call. */
const slack_ms = 1_000

function acknowledged(calls: readonly Call[], operation: string): readonly Call[] {
  return calls.filter((call) => call.operation === operation && call.outcome === 'ok')
}

/** Each goal once, however often it was posted. */
function statedGoals(calls: readonly Call[]): readonly StatedGoal[] {
  return [...new Map(calls.flatMap(({ about: { goal } }) => (goal ? [[goal.title, goal] as const] : []))).values()]
}

const roundsOf = ({ calls }: Evidence): readonly number[] => [...new Set(statedGoals(calls).map(({ round }) => round))]

/** By round, the names that tasks which are done must have left behind, and no others. */
function effectsOf(
  { calls, goals, tasks }: Evidence,
  keysOf: (goal: StatedGoal) => readonly string[],
): ReadonlyMap<number, readonly string[]> {
  const done = grouped(
    tasks.filter(({ status }) => status === 'done'),
    ({ goal_id = '' }) => goal_id,
  )
  const stated = new Map(statedGoals(calls).map((goal) => [goal.title, goal]))
  const effects = new Map<number, string[]>()
  for (const { id, title } of goals) {
    const goal = stated.get(title)
    if (!goal) continue
    const keys = new Set(keysOf(goal))
    const names = (done.get(id) ?? []).flatMap(({ key = '' }) => (keys.has(key) ? [`${title}.${key}`] : []))
    effects.set(goal.round, [...(effects.get(goal.round) ?? []), ...names])
  }
  return effects
}

/** Node 20 has no `Map.groupBy` yet. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function differences(found: readonly string[], wanted: readonly string[], document: string): string[] {
  const [there, expected] = [new Set(found), new Set(wanted)]
  return [
    ...repeated(found).map((name) => `${name} is doubled in ${document}`),
    ...wanted.filter((name) => !there.has(name)).map((name) => `${name} is done and lost from ${document}`),
    ...found.filter((name) => !expected.has(name)).map((name) => `${name} is in ${document} and not done`),
  ]
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))]
}

function runsWith(events: readonly SeenEvent[], type: string): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.type === type ? (event.run_id ?? []) : [])))
}

/** The highest token of each task that somebody was told of, and when. */
function newestTokens(
  calls: readonly Call[],
): ReadonlyMap<string, { readonly token: number; readonly known_at: number }> {
  const newest = new Map<string, { readonly token: number; readonly known_at: number }>()
  for (const { data, ended_at } of acknowledged(calls, 'POST /api/v1/worker/claim'))
    for (const { task_id, token } of (data as { readonly runs: readonly { task_id: string; token: number }[] }).runs)
      if (token > (newest.get(task_id)?.token ?? 0)) newest.set(task_id, { token, known_at: ended_at })
  return newest
}

/** Between its start and its loss a process was killed, or was stopped. */
function isExplained({ faults }: Evidence, start: SeenEvent, loss: SeenEvent): boolean {
  const [from, to] = [Date.parse(start.at) - slack_ms, Date.parse(loss.at) + slack_ms]
  return faults.some(({ kind, at, until }) => (kind === 'kill' || kind === 'stop') && at <= to && until >= from)
}
