import { z } from 'zod'
import { platformLimits } from './platform/limits.ts'
import { count, int4_max, text } from './values.ts'

/** An integer in a path or a query string; without `max` for a column of type integer. */
export function queryInteger({ min, max = int4_max }: { min: number; max?: number }) {
  return z.coerce.number<number | string>().int().min(min).max(max)
}

/** A flag in a query string. */
export const queryFlag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true')

/** The two parameters that every list takes. A cursor is opaque and comes from the answer before. */
export const listQuery = {
  cursor: text({ min: 1, max: platformLimits.cursor_characters_max }).optional(),
  limit: queryInteger({ min: 1, max: platformLimits.page_size_max }).default(platformLimits.page_size_default),
}

/** What the list routes of the earlier systems (docs/seeds.md) also take; such an answer has `total`. */
export const pageQuery = {
  offset: queryInteger({ min: 0, max: platformLimits.offset_max }).optional(),
  page: queryInteger({ min: 1, max: platformLimits.offset_max }).optional(),
  page_size: queryInteger({ min: 1, max: platformLimits.page_size_max }).optional(),
}

/** Words that a list is filtered by, one or several with commas between: `failed,lost`. */
export function queryChoices<const Choice extends string>(choices: readonly Choice[]) {
  const one = choices.map((choice) => choice.replace(/[.]/g, '\\.')).join('|')
  return text({ min: 1, max: platformLimits.query_choices_characters_max })
    .regex(new RegExp(`^(?:${one})(?:,(?:${one}))*$`), `must be of ${choices.join(', ')}, several with commas between`)
    .transform((words) => {
      const named = new Set(words.split(','))
      return choices.filter((choice) => named.has(choice))
    })
}

/** Part of a name or title, compared without case. */
export const queryText = text({ min: 1, max: platformLimits.name_characters_max }).normalize('NFC')

/** Which way a sorted list runs. */
export const sortOrder = z.enum(['asc', 'desc'])

/** A list answer. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().optional().describe('Absent on the last page.'),
    total: count.optional().describe('Only where the request asked by page or offset.'),
  })
}
