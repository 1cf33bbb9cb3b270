/** The strategy `playbook`: a reusable plan in YAML with variables and conditions, filled in for one goal. */
import { limits } from '@muster/contract/limits'
import { type PlanTask, planTask } from '@muster/contract/shapes/tasks'
import { jsonProblem } from '@muster/contract/values'
import { parse, YAMLError } from 'yaml'
import { z } from 'zod'
import { ConditionError, holds } from '../conditions.ts'
import { type Planned, type Wish, WishError } from './strategy.types.ts'

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

/** @throws WishError naming the place in the playbook. */
export function planFromPlaybook(source: string, wish: Wish): Planned {
  const book = readPlaybook(source)
  const variables = valuesOf(book.variables, wish.variables)
  const { title, text = '', artifacts } = wish
  const kept = book.tasks.filter(
    ({ when }, index) => when === undefined || isKept(when, { variables, goal: { title, text, artifacts } }, index),
  )
  const left_out = new Set(book.tasks.filter((task) => !kept.includes(task)).map(({ key }) => key))
  return kept.map(({ when: _, ...task }, index) => {
    const filled = withoutEdgesTo(left_out, fillIn(task, variables) as Record<string, unknown>)
    const parsed = planTask.safeParse(filled)
    if (!parsed.success)
      throw new WishError(
        `playbook.tasks[${index}].${parsed.error.issues[0]?.path.join('.')}`,
        `${task.key}: ${parsed.error.issues[0]?.message}`,
      )
    return parsed.data as PlanTask
  })
}

function readPlaybook(source: string): z.output<typeof playbook> {
  let data: unknown
  try {
    // Aliases are bounded so that a small text cannot unfold into a large one.
    data = parse(source, { maxAliasCount: 100, prettyErrors: true })
  } catch (error) {
    throw new WishError('playbook', error instanceof YAMLError ? error.message : 'The playbook is not YAML.')
  }
  const problem = jsonProblem(data, { max_bytes: limits.plan_body_bytes_max, max_depth: limits.json_depth_max })
  if (problem !== null) throw new WishError('playbook', `The playbook ${problem}.`)
  const parsed = playbook.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new WishError(`playbook.${issue?.path.join('.') ?? ''}`, issue?.message ?? 'The playbook breaks its schema.')
  }
  return parsed.data
}

function valuesOf(declared: Variables, given: Wish['variables']): Record<string, unknown> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declared, name))
      throw new WishError(
        `variables.${name}`,
        `The playbook has no variable ${name}; it has ${Object.keys(declared).join(', ') || 'none'}.`,
      )
  return Object.fromEntries(
    Object.entries(declared).map(([name, { type, default: fallback, required }]) => {
      const value = given[name] ?? fallback
      if (value === undefined && required)
        throw new WishError(`variables.${name}`, `The playbook needs the variable ${name} (${type}).`)
      if (value !== undefined && !isOf(type, value))
        throw new WishError(`variables.${name}`, `The variable ${name} must be of type ${type}.`)
      return [name, value ?? null]
    }),
  )
}

function isOf(type: Variables[string]['type'], value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'list') return Array.isArray(value)
  return typeof value === type
}

function isKept(when: string, context: Readonly<Record<string, unknown>>, index: number): boolean {
  try {
    return holds(when, context)
  } catch (error) {
    if (error instanceof ConditionError) throw new WishError(`playbook.tasks[${index}].when`, error.message)
    throw error
  }
}

/** A text that is one `${name}` alone becomes the variable's value; inside a longer text its words. */
function fillIn(value: unknown, variables: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') return fillText(value, variables)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, variables)]))
}

function fillText(text: string, variables: Readonly<Record<string, unknown>>): unknown {
  const lookup = (name: string): unknown => {
    if (!Object.hasOwn(variables, name))
      throw new WishError('playbook.tasks', `\${${name}} names no variable of the playbook.`)
    return variables[name]
  }
  const whole = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)
  if (whole) return lookup(whole[1] ?? '')
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => String(lookup(name) ?? ''))
}

function withoutEdgesTo(left_out: ReadonlySet<string>, task: Record<string, unknown>): Record<string, unknown> {
  const { depends_on } = task
  if (left_out.size === 0 || !Array.isArray(depends_on)) return task
  const keyOf = (edge: unknown): unknown => (typeof edge === 'string' ? edge : (edge as { key?: unknown } | null)?.key)
  return { ...task, depends_on: depends_on.filter((edge) => !left_out.has(String(keyOf(edge)))) }
}
