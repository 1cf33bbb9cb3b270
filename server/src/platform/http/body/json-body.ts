import { limits } from '@muster/contract/limits'
import { roundedInteger, roundedText } from '@muster/contract/texts/json-numbers'
import { invalid, MusterError } from '../../errors.ts'
import { parseExactJson } from '../../json/exact-json.ts'
import { type JsonShape, jsonShape } from './json-shape.ts'

/** Levels around a value of the greatest depth: the plan, its tasks, a task, its field. */
const depth_max = limits.json_depth_max + 16

/** @throws MusterError where it is nested too deep, or has more values than one body may have. */
export function checkedShape(bytes: Uint8Array): JsonShape {
  const shape = jsonShape(bytes, depth_max)
  if (shape.depth > depth_max) throw invalid('', `The body can be nested at most ${depth_max} levels deep.`)
  if (shape.values > limits.body_values_max)
    throw new MusterError('too_large', `The body has ${shape.values} JSON values; the limit is ${values_max}.`, {
      value: shape.values,
      limit: values_max,
      remedy: 'Send it in several requests, or as a file: long texts count as one value.',
    })
  return shape
}

const values_max = limits.body_values_max

/**
 * Parses a JSON body whose shape was checked, so that no recursive code sees one that is too deep; `__proto__` is
 * refused as a name anywhere. `exact`: an integer that would be rounded is refused, too; else it is a `bigint`.
 */
export function parseJsonBody(bytes: Uint8Array, { exact }: { readonly exact: boolean } = { exact: false }): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MusterError('unparseable', 'The body is not UTF-8.')
  }
  let value: unknown
  try {
    value = exact ? JSON.parse(text) : parseExactJson(text)
  } catch {
    throw new MusterError('unparseable', 'The body is not JSON.', { remedy: 'Check quotes, commas and brackets.' })
  }
  const rounded = exact ? roundedInteger(text) : undefined
  if (rounded) {
    const field = rounded.path.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
    throw invalid(field, `In the body, ${roundedText(rounded)}.`, rounded.digits.slice(0, 100))
  }
  // An escape may spell the name too, so the parsed value decides; the text only says whether to look.
  if (/__proto__|\\u005f/i.test(text) && holdsPrototype(value))
    throw invalid('__proto__', 'The field name __proto__ is not allowed.')
  return value
}

/** Bounds the number of different names, since each is looked up and stored by itself. */
export function checkNames(root: unknown): void {
  const names = new Set<string>()
  for (const object of objectsIn(root)) {
    if (Array.isArray(object)) continue
    for (const name of Object.keys(object)) names.add(name)
    if (names.size > limits.body_names_max)
      throw new MusterError('too_large', `The body has more than ${limits.body_names_max} different field names.`, {
        value: names.size,
        limit: limits.body_names_max,
        remedy: 'Send it in several requests, or as a list whose items have the same fields.',
      })
  }
}

function holdsPrototype(root: unknown): boolean {
  for (const object of objectsIn(root)) if (Object.hasOwn(object, '__proto__')) return true
  return false
}

/** Lists and objects at any depth, without recursion. */
function* objectsIn(root: unknown): Generator<object> {
  const stack: unknown[] = [root]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next !== 'object' || next === null) continue
    yield next
    for (const value of Object.values(next)) if (typeof value === 'object') stack.push(value)
  }
}
