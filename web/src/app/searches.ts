import { taskStatuses } from '@muster/contract/planner/tasks'
import { z } from 'zod'

/** What stands in the address of each page. Whatever does not fit is dropped, never an error: links get old and are cut. */
const text = z.string().max(500).optional().catch(undefined)
const one = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).optional().catch(undefined)
const number = z.coerce.number<unknown>().int().min(0).optional().catch(undefined)
const order = one(['asc', 'desc'])

export const root = z.object({ project: text })

export const fleet = z.object({ q: text, status: text, sort: text, order })

export const goals = z.object({
  q: text,
  status: text,
  from: text,
  to: text,
  sort: one(['created', 'title', 'status', 'ended']),
  order,
})
export const newGoal = z.object({ by: one(['text', 'model', 'playbook', 'plan']), title: text })
export const goal = z.object({
  view: one(['graph', 'table']),
  task: text,
  tab: text,
  /** Keys of expanded tasks that stand other than by default. */
  show: text,
  only: one(taskStatuses),
  sort: one(['key', 'title', 'status', 'capability', 'attempts', 'duration']),
  order,
})
export const plans = z.object({ from: number, to: number })

export const run = z.object({ tab: text })

export const approvals = z.object({
  item: text,
  filter: one(['all', 'sensitive', 'low_confidence', 'financial']),
  sort: one(['risk', 'due', 'age']),
  order,
  status: one(['open', 'decided', 'applied', 'expired', 'withdrawn']),
  snoozed: one(['exclude', 'include', 'only']),
})

export const state = z.object({ prefix: text, document: text, version: number, against: number, tab: text })

export const journal = z.object({
  family: text,
  type: text,
  actor: text,
  goal: text,
  task: text,
  from: text,
  to: text,
  follow: one(['yes', 'no']),
  event: number,
})

export const agents = z.object({ q: text, status: text, runtime: text, sort: text, order })
/** `persona`: a version to compare with the one in force. */
export const agent = z.object({ persona: number })
export const models = z.object({
  tab: one(['models', 'providers', 'calls']),
  model: text,
  provider: text,
  outcome: text,
  request: text,
  call: text,
})
export const model = z.object({ version: number })
export const artifacts = z.object({ q: text, goal: text, type: text, artifact: text })
export const costs = z.object({
  tab: one(['spent', 'budgets', 'accounts']),
  days: one(['7', '30', '90', '365']),
  agent: text,
})
export const settings = z.object({
  tab: one(['policy', 'judge', 'budgets', 'keys', 'health', 'projects']),
  version: number,
  days: one(['30', '90', '365']),
})
