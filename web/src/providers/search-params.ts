import { z } from 'zod'

// Kinds of search parameters. A value that does not fit is dropped and is never an error: links get old and are cut.
export const text = z.string().max(500).optional().catch(undefined)
export const count = z.coerce.number<unknown>().int().min(0).optional().catch(undefined)
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).optional().catch(undefined)
export const order = oneOf(['asc', 'desc'])
