import type { GoalCreateInput } from '@muster/contract/planner/goals/goals'
import type { PlanTaskInput } from '@muster/contract/planner/tasks/task-definitions'
import { appendDocument, counterDocument, type StatedGoal } from '../evidence.types.ts'
import type { Random } from '../random.ts'

export interface GoalOptions {
  readonly project_id: string
  readonly title: string
  readonly round: number
  /** Capability of the remote agent, where there is one. */
  readonly remote: string | undefined
  readonly random: Random
}

interface Shape {
  readonly tasks: readonly PlanTaskInput[]
  readonly appends?: readonly string[]
  readonly increments?: readonly string[]
  readonly sets?: Readonly<Record<string, unknown>>
}

/** A goal of one of the shapes, as it is posted and as the checker knows it. */
export function goalOf(options: GoalOptions): { readonly body: GoalCreateInput; readonly stated: StatedGoal } {
  const { project_id, title, round, random } = options
  const {
    tasks,
    appends = [],
    increments = [],
    sets = {},
  } = random.pick(options.remote === undefined ? local_shapes : shapes)(options)
  // Defaults are filled in by the server; ids are plain text here.
  const body = { project_id, title, plan: { tasks } } as unknown as GoalCreateInput
  return { body, stated: { title, round, appends, increments, sets } }
}

const local_shapes = [diamond, diamond, budgeted, eachItem, repeated, counted, set, approved] as const
const shapes = [...local_shapes, remote, remote] as const

function task(key: string, rest: Omit<Partial<PlanTaskInput>, 'key'> = {}): PlanTaskInput {
  return { key, capability: 'noop', ...rest }
}

/** Writes its own name into the document of the round. */
function appending({ title, round }: GoalOptions, key: string, rest: Omit<Partial<PlanTaskInput>, 'key'> = {}) {
  return task(key, { ...rest, writes: [{ op: 'append', document: appendDocument(round), value: `${title}.${key}` }] })
}

/** Long enough that a fault meets it while it runs. */
const slow = ({ random }: GoalOptions) => ({ capability: 'sleep', input: { ms: random.integer(10, 300) } })

function diamond(options: GoalOptions): Shape {
  return {
    tasks: [
      appending(options, 'top', { input: { pad_bytes: 200 } }),
      appending(options, 'slow', { ...slow(options), depends_on: ['top'] }),
      appending(options, 'quick', { depends_on: ['top'] }),
      appending(options, 'bottom', { depends_on: ['slow', 'quick'] }),
    ],
    appends: ['top', 'slow', 'quick', 'bottom'],
  }
}

function budgeted(options: GoalOptions): Shape {
  const budget = { cost_micro_usd: 10, tokens: 10 }
  return {
    tasks: [
      appending(options, 'first', { ...slow(options), budget }),
      appending(options, 'then', { budget, depends_on: ['first'] }),
    ],
    appends: ['first', 'then'],
  }
}

function eachItem(options: GoalOptions): Shape {
  const { title, round } = options
  const items = [0, 1, 2].map((index) => `${title}.each[${index}]`)
  return {
    tasks: [
      task('list', { input: { items } as never }),
      task('each', {
        for_each: { $from: 'list.output.items' },
        writes: [{ op: 'append', document: appendDocument(round), value: { $from: 'item' } }],
      }),
      appending(options, 'end', { depends_on: ['each'] }),
    ],
    appends: ['each[0]', 'each[1]', 'each[2]', 'end'],
  }
}

/** Two rounds: the second one has an output of the first. Each creates a document, which a second commit of it could not. */
function repeated(options: GoalOptions): Shape {
  const loop = task('loop', {
    input: { before: { $from: 'previous.output' } } as never,
    repeat: { until: 'output.before != null', max: 3 },
  })
  return { tasks: [loop, appending(options, 'end', { depends_on: ['loop'] })], appends: ['end'] }
}

function counted({ round }: GoalOptions): Shape {
  const writes = [{ op: 'increment' as const, document: counterDocument(round), by: 1 }]
  const keys = ['one', 'two', 'three']
  return { tasks: keys.map((key) => task(key, { writes })), increments: keys }
}

function set(options: GoalOptions): Shape {
  const { title } = options
  const document = `set/${title}`
  const to = (value: string) => ({ writes: [{ op: 'set' as const, document, value }] })
  return {
    tasks: [task('first', to('first')), task('last', { ...slow(options), ...to('last'), depends_on: ['first'] })],
    sets: { [document]: 'last' },
  }
}

function approved(options: GoalOptions): Shape {
  return {
    tasks: [appending(options, 'asked', { approval: 'after' }), appending(options, 'end', { depends_on: ['asked'] })],
    appends: ['asked', 'end'],
  }
}

function remote(options: GoalOptions): Shape {
  const budget = { cost_micro_usd: 20, tokens: 20 }
  return {
    tasks: [
      appending(options, 'far', { capability: options.remote ?? '', attempts_max: 10, budget }),
      appending(options, 'end', { depends_on: ['far'] }),
    ],
    appends: ['far', 'end'],
  }
}
