import {
  type FailurePolicy,
  type PlanTask,
  type PlanTaskInput,
  planTask,
} from '@muster/contract/planner/tasks/task-definitions'
import { hasEnded } from '../../src/modules/planner/rules/planner.rules.ts'
import type { Result, World, WorldGoal, WorldQuestion, WorldRun, WorldTask } from './world.ts'

/** What fast-check draws for one step: which operation, and a number that everything about it is chosen by. */
export type Drawn = readonly [operation: number, choice: number]

/** One step, with what it is about. */
export type Action =
  | { readonly kind: 'state'; readonly plan: readonly PlanTask[]; readonly start: boolean }
  | { readonly kind: 'claim'; readonly max: number; readonly choice: number }
  | { readonly kind: 'complete'; readonly run: WorldRun; readonly result: Result; readonly stale: boolean }
  | { readonly kind: 'fail'; readonly run: WorldRun; readonly retryable: boolean }
  | { readonly kind: 'release'; readonly run: WorldRun }
  | { readonly kind: 'pause' | 'resume' | 'cancel'; readonly goal: WorldGoal }
  | { readonly kind: 'cancel_task' | 'skip_task' | 'retry_task'; readonly task: WorldTask }
  | { readonly kind: 'replan'; readonly goal: WorldGoal; readonly plan: readonly PlanTask[] }
  | { readonly kind: 'answer'; readonly question: WorldQuestion; readonly action: Answer; readonly result: Result }
  | { readonly kind: 'lose' | 'expire' | 'stop' | 'lift' | 'pause_project' | 'resume_project' | 'write_shared' }

export type Answer = 'approve' | 'reject' | 'amend' | 'send_back' | 'retry' | 'skip' | 'continue' | 'fail'

/** Of a hundred steps, so many are of a kind. */
const shares: readonly (readonly [Action['kind'], number])[] = [
  ['state', 10],
  ['claim', 24],
  ['complete', 24],
  ['fail', 5],
  ['release', 2],
  ['answer', 10],
  ['lose', 2],
  ['expire', 1],
  ['pause', 2],
  ['resume', 3],
  ['cancel', 1],
  ['cancel_task', 1],
  ['skip_task', 1],
  ['retry_task', 4],
  ['replan', 3],
  ['stop', 1],
  ['lift', 2],
  ['pause_project', 1],
  ['resume_project', 1],
  ['write_shared', 2],
]
const table = shares.flatMap(([kind, share]) => Array.from({ length: share }, () => kind))
export const operation_max = table.length - 1

/** What a step is about in the world as it stands; null where there is nothing for it to be about. */
export function actionOf(world: World, [operation, choice]: Drawn): Action | null {
  const random = generator(choice)
  const kind = table[operation] ?? 'claim'
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  const result = (): Result => ({ items: Math.floor(random() * 3), bad: random() < 0.25 })
  switch (kind) {
    case 'state':
      return { kind, plan: planOf(random), start: random() < 0.9 }
    case 'claim':
      return { kind, max: 1 + Math.floor(random() * 4), choice }
    case 'complete': {
      // Mostly by who holds the lease; sometimes by who has lost it, or with the token of an earlier lease.
      const how = random()
      const run = pick(how < 0.1 ? world.runs : world.runs.filter(({ live }) => live))
      return run ? { kind, run, result: result(), stale: how > 0.1 && how < 0.2 } : null
    }
    case 'fail':
    case 'release': {
      const run = pick(world.runs.filter(({ live }) => live || random() < 0.1))
      if (!run) return null
      return kind === 'fail' ? { kind, run, retryable: random() < 0.6 } : { kind, run }
    }
    case 'pause':
    case 'resume':
    case 'cancel': {
      const goal = pick(world.goals)
      return goal ? { kind, goal } : null
    }
    case 'cancel_task':
    case 'skip_task': {
      const task = pick(
        [...world.tasks.values()].filter(
          ({ superseded, status }) => !superseded && (!hasEnded(status) || random() < 0.1),
        ),
      )
      return task ? { kind, task } : null
    }
    case 'retry_task': {
      const task = pick(
        [...world.tasks.values()].filter(
          ({ superseded, status }) => !superseded && (hasEnded(status) || random() < 0.1),
        ),
      )
      return task ? { kind, task } : null
    }
    case 'replan': {
      const goal = pick(world.goals)
      return goal ? { kind, goal, plan: changed(goal.plan, random) } : null
    }
    case 'answer': {
      const question = pick(world.questions.filter(({ status }) => status === 'open' || random() < 0.03))
      return question ? { kind, question, action: pick(answersTo(question)) ?? 'approve', result: result() } : null
    }
    default:
      return { kind }
  }
}

function answersTo({ kind, rule }: WorldQuestion): readonly Answer[] {
  if (kind === 'dependency') return ['retry', 'skip', 'continue', 'fail']
  if (kind === 'task') return rule === 'conflicts' ? ['retry', 'fail'] : ['approve', 'approve', 'reject']
  return ['approve', 'approve', 'reject', 'amend', 'amend', 'send_back']
}

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const
const policies: readonly FailurePolicy[] = ['fail', 'fail', 'skip', 'continue', 'replan', 'ask']

function planOf(random: () => number): PlanTask[] {
  const plan: PlanTask[] = []
  const count = 1 + Math.floor(random() * 5)
  for (let index = 0; index < count; index += 1) plan.push(taskOf(plan, random))
  return plan
}

function taskOf(before: readonly PlanTask[], random: () => number): PlanTask {
  const key = keys.find((one) => before.every((task) => task.key !== one)) ?? 'z'
  const depends_on = before
    .filter(() => random() < 0.4)
    .map((task) => ({ key: task.key, on_failure: policies[Math.floor(random() * policies.length)] }))
  const source = random() < 0.2 ? before[Math.floor(random() * before.length)] : undefined
  const write = random()
  return parsed({
    key,
    capability: 'work',
    input: { marker: Math.floor(random() * 3) },
    depends_on: depends_on as never,
    on_failure: policies[Math.floor(random() * policies.length)] ?? 'fail',
    approval: random() < 0.1 ? 'before' : random() < 0.12 ? 'after' : 'none',
    budget: { cost_micro_usd: random() < 0.5 ? 100 : 0, tokens: 0 },
    attempts_max: random() < 0.3 ? 1 : 3,
    ...(source && { for_each: { $from: source.for_each ? `${source.key}.output` : `${source.key}.output.items` } }),
    ...(write < 0.25 && { writes: [{ op: 'set', document: 'shared', path: '', value: { $from: 'output' } }] as never }),
    ...(write > 0.6 && { writes: [{ op: 'append', document: 'log', value: { $from: 'output' } }] as never }),
  })
}

/** The same plan with a task less, one more, or one that is other work. */
function changed(plan: readonly PlanTask[], random: () => number): PlanTask[] {
  const how = random()
  if (how < 0.3 && plan.length > 1) {
    const free = plan.filter(({ key }) => !plan.some((other) => needs(other).includes(key)))
    const gone = free[Math.floor(random() * free.length)]
    return plan.filter((task) => task !== gone)
  }
  if (how < 0.6 && plan.length < keys.length) return [...plan, taskOf(plan, random)]
  const other = Math.floor(random() * plan.length)
  return plan.map((task, index) =>
    index === other ? parsed({ ...(task as PlanTaskInput), input: { marker: 3 + Math.floor(random() * 3) } }) : task,
  )
}

function needs({ depends_on, for_each }: PlanTask): string[] {
  const named = depends_on.map((edge) => (typeof edge === 'string' ? edge : edge.key))
  return for_each ? [...named, for_each.$from.split('.')[0] ?? ''] : named
}

// What the contract makes of a plan is what both sides get.
const parsed = (task: PlanTaskInput): PlanTask => planTask.parse(task) as PlanTask

/** Carries a step out in the world alone; says what the services would answer. */
export function perform(world: World, action: Action): string | undefined {
  switch (action.kind) {
    case 'state':
      world.stateGoal(action.plan, action.start)
      return undefined
    case 'claim': {
      const random = generator(action.choice)
      const order = [...world.claimable()].sort(() => random() - 0.5)
      world.claim(world.fits(order).slice(0, action.max))
      return undefined
    }
    case 'complete':
      return world.complete(action.run, action.result, action.stale)
    case 'fail': {
      const failed = { how: 'failed' as const, retryable: action.retryable, code: 'broken', message: 'it broke' }
      return world.endAttempt(action.run, failed) ? undefined : 'lease_lost'
    }
    case 'release':
      return world.endAttempt(action.run, { how: 'given_back', reason: 'not mine' }) ? undefined : 'lease_lost'
    case 'pause':
      return world.pause(action.goal)
    case 'resume':
      return world.resume(action.goal)
    case 'cancel':
      return world.cancel(action.goal)
    case 'cancel_task':
      return world.endTask(action.task, 'cancelled')
    case 'skip_task':
      return world.endTask(action.task, 'skipped')
    case 'retry_task':
      return world.retry(action.task)
    case 'replan':
      return world.replan(action.goal, action.plan)
    case 'answer':
      return world.answer(action.question, action.action, action.result)
    case 'lose':
      world.loseAll()
      return undefined
    case 'expire':
      world.loseAll()
      world.expire()
      return undefined
    case 'stop':
      world.raise()
      return undefined
    case 'lift':
      world.project.stopped = false
      return undefined
    case 'pause_project':
    case 'resume_project':
      world.project.paused = action.kind === 'pause_project'
      return undefined
    case 'write_shared':
      world.writeShared()
      return undefined
  }
}

/** Mulberry32 (Tommy Ettinger, 2017, public domain): a small generator, so that a step is told by one number. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A step in words, for who reads a failure. */
export function told(action: Action): string {
  switch (action.kind) {
    case 'state':
      return `state ${action.plan.map(planned).join(' ')}${action.start ? '' : ' (not started)'}`
    case 'replan':
      return `replan ${action.goal.id}: ${action.plan.map(planned).join(' ')}`
    case 'claim':
      return `claim ${action.max}`
    case 'complete':
      return `complete ${runText(action.run)} ${JSON.stringify(action.result)}${action.stale ? ' with a stale token' : ''}`
    case 'fail':
      return `fail ${runText(action.run)}${action.retryable ? '' : ' for good'}`
    case 'release':
      return `release ${runText(action.run)}`
    case 'pause':
    case 'resume':
    case 'cancel':
      return `${action.kind} ${action.goal.id}`
    case 'cancel_task':
    case 'skip_task':
    case 'retry_task':
      return `${action.kind} ${action.task.id}=${action.task.goal.id}.${action.task.key} (${action.task.status})`
    case 'answer':
      return `answer ${action.question.rule} of ${action.question.task.goal.id}.${action.question.task.key}: ${action.action} ${JSON.stringify(action.result)}`
    default:
      return action.kind
  }
}

const runText = (run: WorldRun): string => `${run.id}=${run.task.goal.id}.${run.task.key}${run.live ? '' : ' (ended)'}`

function planned({ key, depends_on, approval, for_each, writes }: PlanTask): string {
  const edges = depends_on.map((edge) => (typeof edge === 'string' ? edge : `${edge.key}:${edge.on_failure}`))
  const marks = [for_each && `each ${for_each.$from}`, approval !== 'none' && approval, writes?.[0]?.op]
  return `${key}(${[...edges, ...marks.filter(Boolean)].join(',')})`
}
