/** Lets an adapter for chats serve Anthropic's messages too, by translating request and answer. */
import type { AdapterCall, StreamReader, WireAdapter } from '../../gateway.types.ts'
import { chatBody } from './chat-for-messages.ts'
import { createMessageEvents, messageAnswer } from './message-for-chat.ts'

export function withMessages(adapter: WireAdapter): WireAdapter {
  return {
    ...adapter,
    wires: [...adapter.wires, 'messages'],
    request: (adapterCall, key) =>
      adapter.request(adapterCall.wire === 'messages' ? translateToChat(adapterCall) : adapterCall, key),
    unsupported(adapterCall, refusal) {
      const namesMaxTokens = adapterCall.wire === 'messages' && refusal.includes('max_completion_tokens')
      return namesMaxTokens
        ? 'max_completion_tokens'
        : adapter.unsupported?.(adapterCall.wire === 'messages' ? asChat(adapterCall) : adapterCall, refusal)
    },
    answer(adapterCall, answerBody) {
      if (adapterCall.wire !== 'messages') return adapter.answer(adapterCall, answerBody)
      const { body, usage } = adapter.answer(asChat(adapterCall), answerBody)
      return { body: messageAnswer(body, usage), usage }
    },
    reader: (adapterCall) =>
      adapterCall.wire === 'messages' ? readerOf(adapter.reader(asChat(adapterCall))) : adapter.reader(adapterCall),
  }
}

/** Throws for a request that a chat cannot express. */
function translateToChat(adapterCall: AdapterCall): AdapterCall {
  const { max_tokens, ...body } = chatBody(adapterCall.body)
  const name = adapterCall.unsupported?.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens'
  return { ...adapterCall, wire: 'chat', body: { ...body, ...(max_tokens !== undefined && { [name]: max_tokens }) } }
}

/** What must be known of the request to read its answer. */
const asChat = (adapterCall: AdapterCall): AdapterCall => ({
  ...adapterCall,
  wire: 'chat',
  body: { stream_options: { include_usage: true } },
})

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
