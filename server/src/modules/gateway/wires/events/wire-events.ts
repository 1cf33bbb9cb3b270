/** Parses events of a client's wire that this program wrote. */

import type { JsonObject } from '@muster/contract/values'
import { exactJsonText, parseExactJson } from '../../../../platform/json/exact-json.ts'
import { object } from '../../rules/usage.ts'

export interface WireEvent {
  readonly event?: string | undefined
  /** Absent: it is no JSON, such as `[DONE]`. */
  readonly value?: JsonObject | undefined
  readonly data?: string | undefined
}

export function eventsIn(out: string): readonly WireEvent[] {
  return out
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n')
      const linesOf = (field: string) =>
        lines.flatMap((line) => (line.startsWith(`${field}: `) ? [line.slice(field.length + 2)] : []))
      const data = linesOf('data').join('\n')
      const event = linesOf('event')[0]
      return { event, data, value: data.startsWith('{') ? object(parseExactJson(data)) : undefined }
    })
}

export function eventText({ event, value, data = '' }: WireEvent): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${value ? exactJsonText(value) : data}\n\n`
}
