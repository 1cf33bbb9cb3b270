import type { ClientWire } from '../answer-wires.ts'
import { readResponsesRequest } from './read-request.ts'
import { responsesStreamWriter, writeResponsesAnswer } from './write-answer.ts'

export const responsesWire: ClientWire = {
  readRequest: readResponsesRequest,
  writeAnswer: writeResponsesAnswer,
  streamWriter: responsesStreamWriter,
}
