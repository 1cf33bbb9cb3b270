/** The wires that clients speak and that can be translated. */
import type { ClientWire } from './answer-wires.ts'
import { chatWire } from './chat/chat-wire.ts'
import { messagesWire } from './messages/messages-wire.ts'

export const clientWires = { chat: chatWire, messages: messagesWire } as const satisfies Readonly<
  Record<string, ClientWire>
>
