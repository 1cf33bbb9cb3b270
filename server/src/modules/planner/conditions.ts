/** Conditions that people write, as CEL: it reaches nothing but what it is given, and always ends. */
import { evaluate, parse } from '@marcbachmann/cel-js'

/** A condition that cannot be read, fails on what it was given, or gives something else than true or false. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

/** Walks over a list inside a walk over a list take time by the square of what they are given. */
const walks = /\.\s*(?:all|exists|exists_one|filter|map)\s*\(/g
const walks_max = 1

/** What is wrong with a condition before it has anything to be tried on, or null. */
export function conditionProblem(text: string): string | null {
  if ((text.match(walks) ?? []).length > walks_max) return `it goes over lists more than ${walks_max} time`
  try {
    parse(text)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

/** @throws ConditionError */
export function holds(text: string, context: Readonly<Record<string, unknown>>): boolean {
  let value: unknown
  try {
    value = evaluate(text, context)
  } catch (error) {
    throw new ConditionError(`The condition ${JSON.stringify(text)} fails: ${messageOf(error)}`)
  }
  if (typeof value !== 'boolean')
    throw new ConditionError(`The condition ${JSON.stringify(text)} is not true or false.`)
  return value
}

/** Its first line; the drawing of the place below it is for terminals. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
