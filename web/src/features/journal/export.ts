import { listEvents } from '@muster/contract/dashboard/operations'
import type { Event } from '@muster/contract/events'
import { client } from '../../api/client.ts'

const events_max = 100_000

export type ExportFormat = 'jsonl' | 'csv'

/** Saves every event that fits, oldest first: as the journal has them, one JSON object a line, or as CSV (RFC 4180). */
export async function exportEvents(query: Record<string, unknown>, format: ExportFormat): Promise<void> {
  const lines: string[] = format === 'csv' ? [`${csvColumns.join(',')}\r\n`] : []
  let count = 0
  // The page's own filters, which the operation's schema checks again.
  for await (const event of client.list(listEvents, { query: { ...query, limit: 200, order: 'oldest' } })) {
    lines.push(format === 'csv' ? csvLine(event) : `${JSON.stringify(event)}\n`)
    count += 1
    if (count >= events_max) break
  }
  save(new Blob(lines, { type: format === 'csv' ? 'text/csv' : 'application/x-ndjson' }), format)
}

const csvColumns = [
  'number',
  'at',
  'type',
  'actor_kind',
  'actor',
  'project_id',
  'goal_id',
  'task_id',
  'run_id',
  'data',
] as const

export function csvLine(event: Event): string {
  const { number, at, type, actor, project_id, goal_id, task_id, run_id, data } = event
  const cells = [
    number,
    at,
    type,
    actor.kind,
    actor.name ?? actor.id,
    project_id,
    goal_id,
    task_id,
    run_id,
    JSON.stringify(data),
  ]
  return `${cells.map(csvCell).join(',')}\r\n`
}

/** A text that a spreadsheet would take for a formula is marked as text: what stands in a journal is not to act there. */
function csvCell(value: unknown): string {
  const text = value === undefined ? '' : String(value)
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

function save(content: Blob, format: ExportFormat): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = `muster-journal-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
  link.click()
  URL.revokeObjectURL(address)
}
