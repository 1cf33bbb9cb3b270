/** Joins a second stream to one that broke off, in OpenAI's wire. */
import type { JsonObject } from '@muster/contract/values'
import type { Wire } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { eventsIn, eventText } from '../../wires/events/wire-events.ts'
import { announcements, type StreamResume } from './stream-resume.ts'

export interface ResumableCall {
  readonly call_id: string
  readonly call: { readonly wire: Wire; readonly body: JsonObject }
}

/** A chunk without choices announces the new stream; clients already accept such chunks for usage. */
export function createChatResume({ call_id, call }: ResumableCall): StreamResume {
  let trims = false
  return {
    pass(out) {
      if (!trims) return out
      return eventsIn(out)
        .map((event) => {
          const [choice, ...others] = list(event.value?.choices).map(object)
          const { content } = object(choice?.delta)
          if (!trims || !event.value || !choice || typeof content !== 'string') return event
          const rest = content.trimStart()
          trims = rest === ''
          const delta = { ...object(choice.delta), content: rest }
          return { ...event, value: { ...event.value, choices: [{ ...choice, delta }, ...others] } }
        })
        .map(eventText)
        .join('')
    },
    takeOver(how, options) {
      trims = how === 'continue' && options.trims
      const created = Math.floor(Date.now() / 1000)
      const head = { id: `chatcmpl-${call_id}`, object: 'chat.completion.chunk', created, model: call.body.model ?? '' }
      return eventText({ value: { ...head, choices: [], ...announcements[how] } })
    },
  }
}
