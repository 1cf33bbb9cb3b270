/**
 * Tells to which call of an answer a piece belongs. Pieces have a number and an id, of which servers leave out either or
 * both, or use one for all calls.
 */

import type { JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { object } from '../../rules/usage.ts'
import { textIn } from '../fields.ts'
import { createValueEnd, type ValueEnd } from './value-end.ts'

export interface CallPieces {
  callOf(piece: JsonObject): PieceOfCall
}

export interface PieceOfCall {
  /** The number of the call, counted from 0 in the order in which calls begin. */
  readonly number: number
  /** That of the piece, or the one that a piece before it has told for this call. */
  readonly name: string
}

interface OpenCall {
  readonly number: number
  readonly end: ValueEnd
  id: string
  name: string
  hasText: boolean
  /** Its name has come again behind its arguments: a call of the same tool may follow. */
  isNamedAgain: boolean
}

export function createCallPieces(): CallPieces {
  const byIndex = new Map<number, OpenCall>()
  const byId = new Map<string, OpenCall>()
  let count = 0
  let latest: OpenCall | undefined

  function begin({ id, name }: PieceFields): OpenCall {
    latest = { number: count, end: createValueEnd(), id, name, hasText: false, isNamedAgain: false }
    count += 1
    return latest
  }

  /** The call that number and id lead to; the piece may still begin another one. */
  function knownCall(index: number | undefined, id: string): OpenCall | undefined {
    const sameId = byId.get(id)
    if (index === undefined) return sameId ?? latest
    const current = byIndex.get(index)
    return current && current.id !== '' && current.id !== id ? (sameId ?? current) : current
  }

  return {
    callOf(piece) {
      const index = typeof piece.index === 'number' ? piece.index : undefined
      const fields = fieldsOf(piece)
      const known = knownCall(index, fields.id)
      const isOpen = known !== undefined && goesOn(known, fields)
      const name = fields.name || (!isOpen && known?.isNamedAgain ? known.name : '')
      const call = isOpen ? known : begin({ ...fields, name })
      if (index !== undefined) byIndex.set(index, call)
      call.id ||= fields.id
      call.name ||= fields.name
      if (fields.id !== '' && call.id === fields.id) byId.set(call.id, call)
      call.isNamedAgain ||= name !== '' && call.end.hasEnded()
      call.hasText ||= fields.text !== ''
      call.end.add(fields.text)
      return { number: call.number, name }
    },
  }
}

function goesOn(call: OpenCall, piece: PieceFields): boolean {
  const { id, name, text } = piece
  if (isBehind(call, piece)) return false
  if (id === '') return !isOfAnother(call, name)
  if (call.id === id) return true
  const hasEnded = call.end.hasEnded() && (name !== '' || text !== '')
  // A server with another id for each piece of one call names the call once.
  return !hasEnded && (call.id === '' || name === '')
}

/** Behind complete arguments another name, or a name and a text that begins a value, are another call's. */
function isBehind(call: OpenCall, { name, text }: PieceFields): boolean {
  if (call.name === '' || !call.end.hasEnded()) return false
  return (name !== '' && name !== call.name) || (/^\s*(?:[{["]|null)/.test(text) && (name !== '' || call.isNamedAgain))
}

/** Another name before any arguments, where there are no ids. */
const isOfAnother = (call: OpenCall, name: string): boolean =>
  name !== '' && call.name !== '' && call.name !== name && !call.hasText

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
