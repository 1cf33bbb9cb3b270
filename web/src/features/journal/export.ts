import { listEvents } from '@muster/contract/operations/dashboard'
import { client } from '../../api/client.ts'

const events_max = 100_000

/** Saves every event that fits, oldest first, one JSON object a line, as it stands in the journal. */
export async function exportEvents(query: Record<string, unknown>): Promise<void> {
  const lines: string[] = []
  // The page's own filters, which the operation's schema checks again.
  for await (const event of client.list(listEvents, { query: { ...query, limit: 200, order: 'oldest' } })) {
    lines.push(JSON.stringify(event), '\n')
    if (lines.length >= 2 * events_max) break
  }
  const address = URL.createObjectURL(new Blob(lines, { type: 'application/x-ndjson' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `muster-journal-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.jsonl`
  link.click()
  URL.revokeObjectURL(address)
}
