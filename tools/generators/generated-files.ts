import { type EventType, feedFilterOf } from '@muster/contract/events'
import { errorsByModule } from '@muster/contract/gathered/errors'
import { eventsByModule } from '@muster/contract/gathered/events'
import { limitsByModule } from '@muster/contract/gathered/limits'
import { openapiDocument } from '@muster/contract/openapi/openapi'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import { z } from 'zod'
import { drawModules } from './draw-modules.ts'
import { drawStates } from './draw-states.ts'

/** Every file of docs/generated/ that is made from sources alone: path → content. Nothing is written here. */
export async function generatedFiles(root: string): Promise<Map<string, string>> {
  return new Map([
    ['docs/generated/openapi.json', `${JSON.stringify(openapiDocument(), null, 2)}\n`],
    ['docs/generated/errors.md', page('Errors', 'contract/*/errors.ts', [...errorRows(), '', ...exitCodeRows()])],
    ['docs/generated/events.md', page('Events', 'contract/*/events.ts', eventRows())],
    ['docs/generated/limits.md', page('Limits and defaults', 'contract/*/limits.ts', limitRows())],
    ['docs/generated/modules.md', page('Modules', 'the imports of server/src/modules', drawModules(root))],
    ['docs/generated/states.md', page('State machines', 'the transition tables of the modules', drawStates(root))],
  ])
}

function page(title: string, source: string, lines: readonly string[]): string {
  return [`# ${title}`, '', `Made from ${source} by \`npm run generate\`; do not edit.`, '', ...lines, ''].join('\n')
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)]
}

/** What the modules' tables hold, each with the name of its module before it. */
function entriesOf<Row>(byModule: Readonly<Record<string, Readonly<Record<string, Row>>>>): [string, string, Row][] {
  return Object.entries(byModule).flatMap(([module, rows]) =>
    Object.entries(rows).map(([key, row]): [string, string, Row] => [module, key, row]),
  )
}

interface ErrorRow {
  readonly status: number
  readonly meaning: string
  readonly retryable?: true
}

function errorRows(): string[] {
  const rows = entriesOf<ErrorRow>(errorsByModule)
    .sort(([, , one], [, , other]) => one.status - other.status)
    .map(([module, code, { status, meaning, retryable }]) => {
      return [String(status), `\`${code}\``, meaning, retryable ? 'yes' : '', module]
    })
  return table(['status', 'code', 'means', 'worth another try', 'module'], rows)
}

function exitCodeRows(): string[] {
  const rows = Object.entries(exitCodes).map(([name, code]) => [String(code), name.replaceAll('_', ' ')])
  return ['## Exit codes of the command line', '', ...table(['code', 'means'], rows)]
}

function eventRows(): string[] {
  const rows = entriesOf<z.ZodObject>(eventsByModule).map(([module, type, data]) => [
    `\`${type}\``,
    Object.entries(data.shape).map(fieldOf).join(', '),
    `\`${feedFilterOf(type as EventType)}\``,
    module,
  ])
  return table(['type', 'fields of `data`', 'filter of the feeds', 'module'], rows)
}

function fieldOf([name, schema]: readonly [string, z.core.$ZodType]): string {
  return `\`${name}${z.safeParse(schema, undefined).success ? '?' : ''}\``
}

function limitRows(): string[] {
  const rows = entriesOf<unknown>(limitsByModule).map(([module, name, value]) => [
    `\`${name}\``,
    String(value),
    readable(name, value),
    module,
  ])
  return table(['limit', 'value', 'is', 'module'], rows)
}

/** 30000 of `lease_ms` is 30 s, 1048576 of `body_bytes_max` is 1 MiB. */
function readable(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => readable(name, item)).join(', ')
  if (typeof value !== 'number') return ''
  if (/_ms(_|$)/.test(name)) return inUnits(value, durations)
  if (/_bytes(_|$)/.test(name)) return inUnits(value, sizes)
  return ''
}

const durations = [
  { unit: 'h', of: 3_600_000 },
  { unit: 'min', of: 60_000 },
  { unit: 's', of: 1000 },
  { unit: 'ms', of: 1 },
]
const sizes = [
  { unit: 'GiB', of: 1024 ** 3 },
  { unit: 'MiB', of: 1024 ** 2 },
  { unit: 'KiB', of: 1024 },
  { unit: 'bytes', of: 1 },
]

function inUnits(value: number, units: typeof sizes): string {
  const fitting = units.find(({ of }) => value >= of && value % of === 0)
  return fitting ? `${value / fitting.of} ${fitting.unit}` : String(value)
}
