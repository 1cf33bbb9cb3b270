import type { ClientWire, ProviderWire } from '../answer-wires.ts'
import { messagesStreamReader, readMessagesAnswer } from './read-answer.ts'
import { readMessagesRequest } from './read-request.ts'
import { messagesStreamWriter, writeMessagesAnswer } from './write-answer.ts'

export const messagesWire: ClientWire & ProviderWire = {
  readRequest: readMessagesRequest,
  writeAnswer: writeMessagesAnswer,
  streamWriter: messagesStreamWriter,
  readAnswer: readMessagesAnswer,
  streamReader: messagesStreamReader,
}
