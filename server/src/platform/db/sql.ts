/** One SQL statement with its values; `name` makes PostgreSQL prepare it once a connection. */
export interface Sql {
  readonly text: string
  readonly values: readonly unknown[]
  readonly name: string | undefined
}

interface Compiled {
  readonly text: string
  readonly name: string
}

const by_template = new WeakMap<TemplateStringsArray, Compiled>()
let statements = 0

/**
 * Makes a statement: every `${value}` becomes a bind parameter, never text. A template without fragments is compiled
 * once and prepared by name, which saves building, parsing and planning on the hot path.
 *
 * @example tx.rows(sql`select id from goals where project_id = ${project_id}`)
 */
export function sql(template: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  if (values.some(isFragment)) return inline(template, values)
  let compiled = by_template.get(template)
  if (!compiled) {
    let text = template[0] ?? ''
    for (let index = 1; index < template.length; index += 1) text += `$${index}${template[index] ?? ''}`
    compiled = { text, name: nextName() }
    by_template.set(template, compiled)
  }
  return { text: compiled.text, values, name: compiled.name }
}

/** A part of a statement. Its values stay bind parameters. */
export interface Fragment {
  readonly fragment: true
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
}

/** Like `sql`, for a part that is chosen at run time (an optional filter). Each shape is prepared once. */
export function fragment(template: TemplateStringsArray, ...values: readonly unknown[]): Fragment {
  return { fragment: true, strings: template, values }
}

/** Joins filters with `and`; without any it is `true`. */
export function allOf(filters: readonly (Fragment | undefined)[]): Fragment {
  const present = filters.filter((filter) => filter !== undefined)
  const strings: string[] = ['true']
  const values: unknown[] = []
  for (const filter of present) {
    strings[strings.length - 1] += ' and '
    values.push(filter)
    strings.push('')
  }
  return { fragment: true, strings, values }
}

/**
 * The sum of a bigint column, 0 without rows. It stops at the largest number that JavaScript holds exactly, so that
 * large amounts do not make a statement fail.
 */
export function sumOf(column: Fragment, filter: Fragment = fragment`true`): Fragment {
  return fragment`least(coalesce(sum(${column}) filter (where ${filter}), 0), 9007199254740991)::bigint`
}

/** Two bigint columns added; it stops at the largest and smallest bigint instead of failing. */
export function clampedSum(column: Fragment, amount: Fragment): Fragment {
  return fragment`greatest(least(${column}::numeric + ${amount}, 9223372036854775807), -9223372036854775808)::bigint`
}

/** Whether a column has a text in it, compared without case; nothing in the text is a pattern. */
export function containsText(column: Fragment, text: string): Fragment {
  return fragment`normalize(${column}, NFC) ilike ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`
}

function isFragment(value: unknown): value is Fragment {
  return typeof value === 'object' && value !== null && 'fragment' in value
}

function inline(template: readonly string[], parts: readonly unknown[]): Sql {
  const values: unknown[] = []
  const write = (strings: readonly string[], pieces: readonly unknown[]): string => {
    let text = strings[0] ?? ''
    pieces.forEach((piece, index) => {
      if (isFragment(piece)) text += write(piece.strings, piece.values)
      else text += `$${values.push(piece)}`
      text += strings[index + 1] ?? ''
    })
    return text
  }
  const text = write(template, parts)
  return { text, values, name: nameOf(text) }
}

function nextName(): string {
  statements += 1
  return `m${statements}`
}

const statementNames = new Map<string, string>()
const statement_names_max = 500

/** Statements put together from fragments are prepared too: their shapes are few. Past a bound they are not. */
function nameOf(text: string): string | undefined {
  const knownName = statementNames.get(text)
  if (knownName !== undefined || statementNames.size >= statement_names_max) return knownName
  const name = nextName()
  statementNames.set(text, name)
  return name
}
