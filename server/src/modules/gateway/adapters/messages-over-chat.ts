/** Lets an adapter for chats serve Anthropic's messages too, by translating request and answer. */
import type { Asked, StreamReader, WireAdapter } from '../gateway.types.ts'
import { chatBody } from './chat-for-messages.ts'
import { createMessageEvents, messageAnswer } from './message-for-chat.ts'

export function withMessages(adapter: WireAdapter): WireAdapter {
  return {
    ...adapter,
    wires: [...adapter.wires, 'messages'],
    request: (asked, key) => adapter.request(asked.wire === 'messages' ? translated(asked) : asked, key),
    unsupported(asked, refusal) {
      const named = asked.wire === 'messages' && refusal.includes('max_completion_tokens')
      return named
        ? 'max_completion_tokens'
        : adapter.unsupported?.(asked.wire === 'messages' ? asChat(asked) : asked, refusal)
    },
    answer(asked, given) {
      if (asked.wire !== 'messages') return adapter.answer(asked, given)
      const { body, usage } = adapter.answer(asChat(asked), given)
      return { body: messageAnswer(body, usage), usage }
    },
    reader: (asked) => (asked.wire === 'messages' ? readerOf(adapter.reader(asChat(asked))) : adapter.reader(asked)),
  }
}

/** Throws for a request that a chat cannot express. */
function translated(asked: Asked): Asked {
  const { max_tokens, ...body } = chatBody(asked.body)
  const name = asked.unsupported?.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens'
  return { ...asked, wire: 'chat', body: { ...body, ...(max_tokens !== undefined && { [name]: max_tokens }) } }
}

/** What must be known of the request to read its answer. */
const asChat = (asked: Asked): Asked => ({ ...asked, wire: 'chat', body: { stream_options: { include_usage: true } } })

function readerOf(chat: StreamReader): StreamReader {
  const events = createMessageEvents()
  return {
    ...chat,
    read(event) {
      const step = chat.read(event)
      return { ...step, out: step.done ? events.end(chat.usage()) : events.pass(step.out) }
    },
    end: () => (chat.end() === undefined ? undefined : events.end(chat.usage())),
  }
}
