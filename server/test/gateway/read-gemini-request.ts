/** Reads a request to Gemini, to compare it with what it was made of. */
import type { JsonObject } from '@muster/contract/values'
import { list, object } from '../../src/modules/gateway/rules/usage.ts'

export interface ReadCall {
  readonly name: string
  readonly input: unknown
  readonly result: string
  readonly is_error: boolean
}

export function geminiCalls(body: JsonObject): readonly ReadCall[] {
  const parts = list(body.contents).flatMap((content) => list(object(content).parts).map(object))
  const calls: { readonly id: unknown; readonly name: string; readonly input: unknown; answered?: JsonObject }[] = []
  for (const part of parts) {
    const call = object(part.functionCall)
    if (part.functionCall) calls.push({ id: call.id, name: String(call.name), input: call.args })
    const response = object(part.functionResponse)
    const open = calls.find(({ id, answered }) => id === response.id && answered === undefined)
    if (part.functionResponse && open && open.name === response.name) open.answered = object(response.response)
  }
  return calls.map(({ name, input, answered = {} }) => ({
    name,
    input,
    result: String(answered.output ?? answered.error ?? ''),
    is_error: 'error' in answered,
  }))
}
