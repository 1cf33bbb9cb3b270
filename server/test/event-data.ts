import { eventData } from '@muster/contract/events'
import { z } from 'zod'
import type { StoredEvent } from '../src/platform/journal/events.ts'
import type { TestDatabase } from './database.ts'

/** What the data of events has that the contract does not say, or lacks. Data that was erased is nothing to look at. */
export function eventProblems(events: readonly Pick<StoredEvent, 'type' | 'data' | 'data_digest'>[]): string[] {
  const problems = events.flatMap(({ type, data = {}, data_digest }) => {
    if (data_digest !== undefined) return []
    const { error } = z.strictObject(eventData[type].shape).safeParse(data)
    return error === undefined ? [] : [`${type} with ${JSON.stringify(data)}: ${z.prettifyError(error)}`]
  })
  return [...new Set(problems)]
}

/** The same of everything that a database's journal holds. */
export async function journalProblems(database: TestDatabase): Promise<string[]> {
  const organizations = await database.sql('select distinct organization_id from journal_entries')
  const problems: string[] = []
  for (const { organization_id } of organizations)
    problems.push(...eventProblems(await database.events(String(organization_id))))
  return problems
}
