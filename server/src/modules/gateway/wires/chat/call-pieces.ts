/**
 * Tells to which call of an answer a piece belongs. Pieces have a number and an id, of which servers leave out either or
 * both, or use one for all calls.
 */

import type { JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { object } from '../../rules/usage.ts'
import { callArguments } from '../call-arguments.ts'
import { textIn } from '../fields.ts'

export interface CallPieces {
  /** The number of the call, counted from 0 in the order in which calls begin. */
  numberOf(piece: JsonObject): number
}

interface OpenCall {
  readonly number: number
  id: string
  name: string
  readonly texts: string[]
}

export function createCallPieces(): CallPieces {
  const calls: OpenCall[] = []
  const byIndex = new Map<number, OpenCall>()

  function begin(index: number | undefined, id: string): OpenCall {
    const call = { number: calls.length, id, name: '', texts: [] }
    calls.push(call)
    if (index !== undefined) byIndex.set(index, call)
    return call
  }

  function callOf(index: number | undefined, { id, name }: PieceFields): OpenCall {
    const current = index === undefined ? calls.at(-1) : byIndex.get(index)
    const sameId = id === '' ? undefined : calls.findLast((call) => call.id === id)
    if (index === undefined && sameId) return sameId
    if (!current) return begin(index, id)
    if (id === '') return repeatsName(current, name) ? begin(index, id) : current
    if (current.id === '') return isComplete(current) ? begin(index, id) : current
    if (current.id === id) return current
    if (sameId) return sameId
    // A server with another id for each piece of one call names the call once.
    return name !== '' || isComplete(current) ? begin(index, id) : current
  }

  return {
    numberOf(piece) {
      const index = typeof piece.index === 'number' ? piece.index : undefined
      const fields = fieldsOf(piece)
      const call = callOf(index, fields)
      if (index !== undefined) byIndex.set(index, call)
      call.id ||= fields.id
      call.name ||= fields.name
      if (fields.text !== '') call.texts.push(fields.text)
      return call.number
    },
  }
}

/** Without an id: a name behind complete arguments, or another name, begins another call. */
function repeatsName(current: OpenCall, name: string): boolean {
  if (name === '' || current.name === '') return false
  return isComplete(current) || (current.texts.length === 0 && current.name !== name)
}

const isComplete = ({ texts }: OpenCall): boolean => texts.length > 0 && isWhole(texts.join(''))
const isWhole = (text: string): boolean => callArguments(text).value !== undefined

interface PieceFields {
  readonly id: string
  readonly name: string
  readonly text: string
}

function fieldsOf(piece: JsonObject): PieceFields {
  const fields = { ...piece, ...object(piece.function), ...object(piece.custom) }
  return { id: textIn(piece.id) ?? '', name: textIn(fields.name) ?? '', text: argumentText(fields) }
}

/** The arguments of a piece as text: some servers have them as an object. */
export function argumentText({ arguments: given, input }: JsonObject): string {
  const text = given ?? input
  if (text === undefined || text === null) return ''
  return typeof text === 'string' ? text : exactJsonText(text)
}
