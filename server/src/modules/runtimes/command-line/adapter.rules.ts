import { z } from 'zod'

/**
 * The schema of an adapter file: how one agent's command line is started, given its task and read. The operator's file
 * is trusted; the program is not.
 */

/** The wires of this server's gateway; a program that speaks another one cannot use it. */
export const gatewayWires = ['openai', 'anthropic', 'responses'] as const
export const wires = [...gatewayWires, 'gemini', 'none'] as const

/** The placeholders (`{name}`) of arguments, variables and files of the home directory. */
export const placeholders = [
  'prompt',
  'prompt_file',
  'output_file',
  'workspace',
  'home',
  'model',
  'gateway_url',
  'gateway_key',
  'run_id',
] as const
export type Placeholder = (typeof placeholders)[number]

/** Variables of the host that every command line gets: for finding programs, and for text and time. */
export const envAlways = ['PATH', 'LANG', 'TZ', 'TERM'] as const

const size_limits = { characters_max: 4_000, items_max: 100 } as const
const braces = /\{([a-z_]+)\}/g

const template = z
  .string()
  .max(size_limits.characters_max)
  .superRefine((text, context) => {
    for (const name of placeholdersIn(text)) {
      if (placeholders.some((placeholder) => placeholder === name)) continue
      context.addIssue({ code: 'custom', message: `{${name}} is not one of ${placeholders.join(', ')}` })
    }
  })

const word = z.string().min(1).max(size_limits.characters_max)
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
/** Settings and secrets of this server's own are never handed on, whatever a file asks for. */
const passedVariable = variable.refine((name) => !/^(MUSTER_.*|DATABASE_URL|JWT_SECRET_KEY)$/.test(name), {
  message: 'is a setting of this server and is never passed on',
})
const relative = z
  .string()
  .min(1)
  .max(size_limits.characters_max)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), { message: 'must stay below its folder' })
/** Keys separated by dots; a number is the place in a list. */
const field = word.regex(/^[^.]+(\.[^.]+)*$/)
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
/** Fields and the values that they must have. */
const matchingShape = z.record(field, scalar)

const failure = z.strictObject({ where: matchingShape, message: field.optional() })
const fromJson = { text: field, failed: failure.optional() }
const result = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('stdout') }),
  z.strictObject({ from: z.literal('json'), ...fromJson }),
  z.strictObject({ from: z.literal('json_lines'), where: matchingShape, ...fromJson }),
  z.strictObject({
    from: z.literal('file'),
    path: relative.optional().describe('In the workspace; absent: {output_file}.'),
  }),
])
export type ResultSource = z.output<typeof result>

const fields = {
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  title: word,
  about: word.describe('Where the flags and variables stand written down, and what is peculiar.'),
  checked_with: word.describe('The version of the program that this was checked with, and how.'),
  command: word.describe('A name on the PATH, or an absolute path. No shell reads it.'),
  args: z
    .array(z.union([template, z.array(template).min(1)]))
    .max(size_limits.items_max)
    .default([])
    .describe('A list inside the list is left out as a whole where a placeholder in it has no value.'),
  prompt: z.enum(['argument', 'stdin', 'file']),
  result,
  env: z.record(variable, template).default({}).describe('Left out where a placeholder in it has no value.'),
  env_pass: z
    .array(passedVariable)
    .max(size_limits.items_max)
    .default([])
    .describe(`Beside ${envAlways.join(', ')}.`),
  home_files: z.record(relative, template).default({}).describe('Written into the home directory of the run.'),
  wire: z.enum(wires),
  metered: z.boolean().describe('Whether every model call goes through the gateway, where it is counted.'),
  network: z.boolean().default(true),
  retry_exit_codes: z.array(z.int().min(1).max(255)).max(size_limits.items_max).default([]),
  read_only: z
    .array(word.regex(/^\//))
    .max(size_limits.items_max)
    .default([])
    .describe('What else of the host the program needs to see, read-only.'),
} as const

export const adapterFile = z.strictObject(fields).superRefine((adapter, context) => {
  for (const message of contradictions(adapter)) context.addIssue({ code: 'custom', message })
})
export type CommandLineAdapter = Readonly<z.output<typeof adapterFile>>

export class AdapterError extends Error {
  override readonly name = 'AdapterError'
}

/** Checks what a file held. @throws AdapterError naming the file, the field and what is wrong with it. */
export function parseAdapter(value: unknown, file: string): CommandLineAdapter {
  const result = adapterFile.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    // For an invalid key zod's own message says nothing; the inner issue says why.
    const within = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined
    return `${issue.path.join('.') || 'the file'}: ${within ?? issue.message}`
  })
  throw new AdapterError(`${file} does not describe a command line: ${problems.join('; ')}`)
}

export type Values = Readonly<Partial<Record<Placeholder, string>>>

/** Replaces placeholders by values, once: braces within a value stay. Undefined where a value is missing. */
export function fill(text: string, values: Values): string | undefined {
  if (placeholdersIn(text).some((name) => valueFor(values, name) === undefined)) return undefined
  return text.replace(braces, (_whole, name: string) => valueFor(values, name) ?? '')
}

/**
 * The arguments without the groups that lack a value. @throws AdapterError where an argument outside of a group lacks
 * one.
 */
export function fillArgs(adapter: CommandLineAdapter, values: Values): string[] {
  return adapter.args.flatMap((arg) => {
    const group = (typeof arg === 'string' ? [arg] : arg).map((text) => fill(text, values))
    if (group.every((text) => text !== undefined)) return group
    if (typeof arg !== 'string') return []
    throw new AdapterError(`${adapter.name}: the argument ${JSON.stringify(arg)} has no value`)
  })
}

/** Texts by name, without those that lack a value. */
export function fillRecord(texts: Readonly<Record<string, string>>, values: Values): Record<string, string> {
  const filledEntries = Object.entries(texts).map(([name, text]) => [name, fill(text, values)] as const)
  return Object.fromEntries(filledEntries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function placeholdersIn(text: string): string[] {
  return [...text.matchAll(braces)].map(([, name = '']) => name)
}

function valueFor(values: Values, name: string): string | undefined {
  const known = placeholders.find((placeholder) => placeholder === name)
  return known && values[known]
}

function contradictions(adapter: z.output<z.ZodObject<typeof fields>>): string[] {
  const args = adapter.args.flat()
  const values = [...Object.values(adapter.env), ...Object.values(adapter.home_files)]
  const all = [...args, ...values]
  const uses = (texts: readonly string[], name: Placeholder): boolean =>
    texts.some((text) => text.includes(`{${name}}`))
  const speaksToGateway = gatewayWires.some((wire) => wire === adapter.wire)
  const faults: readonly (readonly [boolean, string])[] = [
    // Arguments of every process can be read by every user of the machine.
    [uses(args, 'gateway_key'), '{gateway_key} cannot be used in args, which every user of the machine can read'],
    [uses(values, 'prompt'), '{prompt} can only be used in args; use {prompt_file}'],
    [adapter.prompt === 'argument' && !uses(args, 'prompt'), 'prompt is "argument", but args do not use {prompt}'],
    [adapter.prompt !== 'argument' && uses(args, 'prompt'), 'args use {prompt}, but prompt is not "argument"'],
    [adapter.prompt === 'file' && !uses(all, 'prompt_file'), 'prompt is "file", but {prompt_file} is not used'],
    [
      adapter.metered && adapter.wire !== 'none' && !speaksToGateway,
      `the gateway does not speak ${adapter.wire}, so metered must be false`,
    ],
    [
      adapter.metered && speaksToGateway && !(uses(all, 'gateway_url') && uses(values, 'gateway_key')),
      'metered is true, but {gateway_url} and {gateway_key} are not both used',
    ],
    [
      adapter.metered && speaksToGateway && !adapter.network,
      'network must be true, because the gateway is reached over the network',
    ],
  ]
  return faults.filter(([isWrong]) => isWrong).map(([, message]) => message)
}
