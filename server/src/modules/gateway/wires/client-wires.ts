/** The wires that clients speak and that can be translated. */
import { firstBigint } from '../../../platform/json/exact-json.ts'
import type { Wire } from '../gateway.types.ts'
import type { ClientWire } from './answer-wires.ts'
import { chatWire } from './chat/chat-wire.ts'
import { completionsWire } from './completions/completions-wire.ts'
import { refusedAt } from './fields.ts'
import { messagesWire } from './messages/messages-wire.ts'
import { responsesWire } from './responses/responses-wire.ts'

export const clientWires = {
  chat: exact(chatWire, ['tools', 'functions', 'arguments', 'response_format']),
  messages: exact(messagesWire, ['tools', 'input', 'output_config', 'output_format']),
  responses: exact(responsesWire, ['tools', 'text', 'metadata']),
  completions: exact(completionsWire, []),
} as const satisfies Readonly<Record<Exclude<Wire, 'embeddings'>, ClientWire>>

/** Embeddings are not translated by way of a conversation. */
export function clientWireOf(wire: Wire): ClientWire {
  return clientWires[wire === 'embeddings' ? 'chat' : wire]
}

/**
 * Integers beyond 2^53 are carried where they are passed on digit by digit, below the names in `carried`; anywhere else
 * a reader would miss them, so they are refused.
 */
function exact<Wire extends ClientWire>(wire: Wire, carried: readonly string[]): Wire {
  const except = new Set(carried)
  return {
    ...wire,
    readRequest(body) {
      const found = firstBigint(body, except)
      if (found)
        throw refusedAt(found.path.join('.'), `${found.value} is beyond 2^53 and cannot be translated for this model.`)
      return wire.readRequest(body)
    },
  }
}
