/** Gives each call of a stream a number and an id of its own where a server of OpenAI's wire does not. */
import type { Json, JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'
import { textIn } from '../fields.ts'
import { argumentText, type CallPieces, createCallPieces } from './call-pieces.ts'
import { answerCallIds } from './read-answer.ts'

export interface CallNumbers {
  /** The chunk with its calls told apart; the same one where they already are. */
  renumber(chunk: JsonObject): JsonObject
}

export function createCallNumbers(): CallNumbers {
  const choices = new Map<unknown, ChoiceCalls>()
  return {
    renumber(chunk) {
      if (!list(chunk.choices).some(hasCalls)) return chunk
      let isSame = true
      const renumbered = list(chunk.choices).map((item) => {
        const choice = object(item)
        const delta = object(choice.delta)
        const calls = choices.get(choice.index) ?? createChoiceCalls()
        choices.set(choice.index, calls)
        const tool_calls = list(delta.tool_calls).map(calls.renumber)
        if (tool_calls.every((call, at) => call === list(delta.tool_calls)[at])) return item
        isSame = false
        return { ...choice, delta: { ...delta, tool_calls } }
      })
      return isSame ? chunk : { ...chunk, choices: renumbered }
    },
  }
}

/** A whole answer whose calls have ids of their own and arguments as text; the same one where they already have. */
export function withCallIds(body: JsonObject): JsonObject {
  let isSame = true
  const choices = list(body.choices).map((item) => {
    const choice = object(item)
    const message = object(choice.message)
    const given = list(message.tool_calls)
    const ids = answerCallIds()
    const tool_calls = given.map((call) => withId(call, ids))
    if (tool_calls.every((call, at) => call === given[at])) return item
    isSame = false
    return { ...choice, message: { ...message, tool_calls } }
  })
  return isSame ? body : { ...body, choices }
}

function withId(item: Json, ids: ReturnType<typeof answerCallIds>): Json {
  const call = object(item)
  const given = typeof call.id === 'string' ? call.id : ''
  const id = ids.call(given, '')
  const described = object(call.function)
  const isText = described.arguments === undefined || typeof described.arguments === 'string'
  if (id === given && isText) return item
  return { ...call, id, ...(!isText && { function: { ...described, arguments: argumentText(described) } }) }
}

const hasCalls = (choice: Json): boolean => list(object(object(choice).delta).tool_calls).length > 0

interface ChoiceCalls {
  renumber(item: Json): Json
}

function createChoiceCalls(): ChoiceCalls {
  const pieces: CallPieces = createCallPieces()
  const ids = answerCallIds()
  /** The number that a client gets, by that of the call. */
  const numbers = new Map<number, number>()
  const used = new Set<number>()
  const toldIds = new Map<number, string>()

  function numberFor(call: number, index: unknown): number {
    const known = numbers.get(call)
    if (known !== undefined) return known
    let number = typeof index === 'number' ? index : 0
    while (used.has(number)) number++
    used.add(number)
    numbers.set(call, number)
    return number
  }

  /** A client is told one id of a call: with its first piece, and again only where the server repeats it. */
  function idFor(call: number, given: string): string {
    const told = toldIds.get(call)
    if (told !== undefined) return told === given ? given : ''
    const id = ids.call(given, '')
    toldIds.set(call, id)
    return id
  }

  return {
    renumber(item) {
      const piece = object(item)
      const { number: call, name } = pieces.callOf(piece)
      const index = numberFor(call, piece.index)
      const given = textIn(piece.id) ?? ''
      const id = idFor(call, given)
      const described = object(piece.function)
      const isText = described.arguments === undefined || typeof described.arguments === 'string'
      const isUnnamed = name !== '' && ![piece, described, object(piece.custom)].some((fields) => textIn(fields.name))
      if (index === piece.index && id === given && isText && !isUnnamed) return item
      const { id: _id, ...rest } = piece
      const more = { ...(!isText && { arguments: argumentText(described) }), ...(isUnnamed && { name }) }
      const changed = Object.keys(more).length > 0 && { function: { ...described, ...more } }
      return { ...rest, index, ...(id !== '' && { id }), ...changed }
    },
  }
}
