import { platformLimits } from '../platform/limits.ts'
import type { JsonObject } from '../values.ts'

const header = (name: string, description: string, schema: JsonObject = { type: 'string' }) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
})

/** Request headers that operations refer to. */
export const headerParameters: JsonObject = {
  'X-Request-ID': header('X-Request-ID', 'The caller’s id for this request; it comes back and stands in the log.'),
  'Idempotency-Key': header(
    'Idempotency-Key',
    'The same key with the same body gives the stored answer, for a day; with another body it is refused.',
    { type: 'string', minLength: 1, maxLength: platformLimits.idempotency_key_characters_max },
  ),
  'If-Match': header('If-Match', 'The version that was read, in double quotes. `"0"`: it must not exist yet.'),
  'If-None-Match': header('If-None-Match', 'An ETag; unchanged content is answered with 304.'),
  Range: header('Range', 'One range of bytes, as in `bytes=0-99`.'),
  'Last-Event-ID': header('Last-Event-ID', 'The id of the last event that was seen; the stream goes on after it.'),
}

/** Headers that every answer has. */
export const responseHeaders: JsonObject = {
  'X-Request-ID': { description: 'The id of this request.', schema: { type: 'string' } },
}
