import type { ClientWire, ProviderWire } from '../answer-wires.ts'
import { readChatAnswer } from './read-answer.ts'
import { readChatRequest } from './read-request.ts'
import { chatStreamReader } from './read-stream.ts'
import { chatStreamWriter, writeChatAnswer } from './write-answer.ts'

export const chatWire: ClientWire & ProviderWire = {
  readRequest: readChatRequest,
  writeAnswer: writeChatAnswer,
  streamWriter: chatStreamWriter,
  readAnswer: readChatAnswer,
  streamReader: chatStreamReader,
}
