/** The strategy `playbook`: a reusable plan in YAML with variables and conditions, filled in for one goal. */

import { limits } from '@muster/contract/limits'
import { type PlanTask, planTask } from '@muster/contract/planner/tasks/task-definitions'
import { fieldOf } from '@muster/contract/platform/objects'
import { jsonProblem } from '@muster/contract/values'
import { z } from 'zod'
import { parseYaml } from '../../../platform/json/yaml.ts'
import type { Sizes } from '../evaluation/condition-cost.ts'
import { ConditionError, holds } from '../evaluation/conditions.ts'
import { type PlannedTasks, PlanningError, type PlanningInput } from './strategy.types.ts'
import { filledCharacters, fillIn } from './template.ts'

const variable = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'list']).default('string'),
  description: z.string().optional(),
  default: z.unknown().optional(),
  required: z.boolean().default(false),
})

const playbook = z.strictObject({
  name: z.string().min(1).max(limits.name_characters_max),
  title: z.string().max(limits.name_characters_max).optional(),
  description: z.string().optional(),
  variables: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), variable).default({}),
  tasks: z
    .array(z.looseObject({ key: z.string(), when: z.string().max(limits.reference_characters_max).optional() }))
    .min(1)
    .max(limits.plan_tasks_max),
})
type Variables = z.output<typeof playbook>['variables']

/** @throws PlanningError naming the place in the playbook. */
export function planFromPlaybook(source: string, request: PlanningInput): PlannedTasks {
  const book = readPlaybook(source)
  const variables = valuesOf(book.variables, request.variables)
  const { title, text = '', artifacts } = request
  const context = { variables, goal: { title, text, artifacts } }
  const sizes = { known: new WeakMap<object, number>() }
  const keptTasks = book.tasks.filter(
    ({ when }, index) => when === undefined || isKept(when, { context, sizes, index }),
  )
  const stays = new Set(keptTasks)
  const left_out = new Set(book.tasks.filter((task) => !stays.has(task)).map(({ key }) => key))
  testSize(keptTasks, variables)
  return keptTasks.map(({ when: _, ...task }, index) => {
    const filledTask = withoutEdgesTo(left_out, fillIn(task, variables) as Record<string, unknown>)
    const parsedTask = planTask.safeParse(filledTask)
    if (!parsedTask.success)
      throw new PlanningError(
        `playbook.tasks[${index}].${parsedTask.error.issues[0]?.path.join('.')}`,
        `${task.key}: ${parsedTask.error.issues[0]?.message}`,
      )
    return parsedTask.data as PlanTask
  })
}

function readPlaybook(source: string): z.output<typeof playbook> {
  const parsedYaml = parseYaml(source, { characters_max: limits.plan_body_bytes_max, depth_max: limits.json_depth_max })
  if ('problem' in parsedYaml) throw new PlanningError('playbook', `Invalid playbook: ${parsedYaml.problem}.`)
  const data = parsedYaml.value
  const problem = jsonProblem(data, { max_bytes: limits.plan_body_bytes_max, max_depth: limits.json_depth_max })
  if (problem !== null) throw new PlanningError('playbook', `The playbook ${problem}.`)
  const parsedPlaybook = playbook.safeParse(data)
  if (!parsedPlaybook.success) {
    const [issue] = parsedPlaybook.error.issues
    throw new PlanningError(
      `playbook.${issue?.path.join('.') ?? ''}`,
      issue?.message ?? 'The playbook does not match its schema.',
    )
  }
  return parsedPlaybook.data
}

function valuesOf(declaredVariables: Variables, values: PlanningInput['variables']): Record<string, unknown> {
  for (const name of Object.keys(values))
    if (!Object.hasOwn(declaredVariables, name))
      throw new PlanningError(
        `variables.${name}`,
        `The playbook has no variable ${name}. Variables: ${Object.keys(declaredVariables).join(', ') || 'none'}.`,
      )
  return Object.fromEntries(
    Object.entries(declaredVariables).map(([name, { type, default: fallback, required }]) => {
      const value = values[name] ?? fallback
      if (value === undefined && required)
        throw new PlanningError(`variables.${name}`, `The variable ${name} (${type}) is required.`)
      if (value !== undefined && !isOf(type, value))
        throw new PlanningError(`variables.${name}`, `The variable ${name} must be of type ${type}.`)
      return [name, value ?? null]
    }),
  )
}

function isOf(type: Variables[string]['type'], value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'list') return Array.isArray(value)
  return typeof value === type
}

function isKept(
  when: string,
  {
    context,
    sizes,
    index,
  }: { readonly context: Readonly<Record<string, unknown>>; readonly sizes: Sizes; readonly index: number },
): boolean {
  try {
    return holds(when, context, sizes)
  } catch (error) {
    if (error instanceof ConditionError) throw new PlanningError(`playbook.tasks[${index}].when`, error.message)
    throw error
  }
}

/** Tests the size before variables are filled in: a short playbook can name a long variable many times. */
function testSize(tasks: readonly unknown[], variables: Readonly<Record<string, unknown>>): void {
  const characters = filledCharacters(tasks, variables)
  const limit = limits.plan_body_bytes_max
  if (characters > limit)
    throw new PlanningError(
      'playbook.tasks',
      `With its variables filled in the plan would have ${characters} characters; the limit is ${limit}. Name long variables less often.`,
    )
}

function withoutEdgesTo(left_out: ReadonlySet<string>, task: Record<string, unknown>): Record<string, unknown> {
  const { depends_on } = task
  if (left_out.size === 0 || !Array.isArray(depends_on)) return task
  const keyOf = (edge: unknown): unknown => (typeof edge === 'string' ? edge : fieldOf(edge, 'key'))
  return { ...task, depends_on: depends_on.filter((edge) => !left_out.has(String(keyOf(edge)))) }
}
