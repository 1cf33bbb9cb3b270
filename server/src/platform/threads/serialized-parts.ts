/**
 * Serializes JSON values for transfer out of a thread, in parts that are cheap to read: the main thread builds a large
 * value in slices, where one structured clone would keep it from answering.
 */
import { deserialize, serialize } from 'node:v8'
import type { EventLoopYielder } from '../concurrency/event-loop.ts'

/** Each part is a `Piece`, serialized. */
export type SerializedParts = readonly Uint8Array<ArrayBuffer>[]

/** A part of a value: some elements of a list or object, or one large element that is filled by parts of its own. */
interface Piece {
  readonly into: number
  /** For objects. */
  readonly names?: readonly string[]
  readonly values: readonly unknown[]
  /** The one element is this list or object, still empty. */
  readonly opens?: { readonly number: number; readonly is_list: boolean }
}

/** About as much as can be read in some milliseconds. */
const weight_max = 4_000
const characters_per_weight = 256

export function serializeParts(root: unknown): SerializedParts {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let containers = 0
  const add = (piece: Piece): void => void parts.push(new Uint8Array(serialize(piece)))

  function put(into: number, name: string | undefined, value: object): void {
    containers += 1
    const number = containers
    const is_list = Array.isArray(value)
    add({ into, ...(name !== undefined && { names: [name] }), values: [], opens: { number, is_list } })
    fill(number, value)
  }

  function fill(into: number, value: object): void {
    const is_list = Array.isArray(value)
    let names: string[] = []
    let values: unknown[] = []
    let weight = 0
    const close = (): void => {
      if (values.length > 0) add(is_list ? { into, values } : { into, names, values })
      names = []
      values = []
      weight = 0
    }
    for (const [name, item] of is_list ? value.entries() : Object.entries(value)) {
      const own = weightOf(item)
      if (own > weight_max && typeof item === 'object' && item !== null) {
        close()
        put(into, is_list ? undefined : String(name), item)
        continue
      }
      names.push(String(name))
      values.push(item)
      weight += own + 1
      if (weight > weight_max) close()
    }
    close()
  }

  // The root is the element of a list.
  fill(0, [root])
  return parts
}

export async function deserializeParts(parts: SerializedParts, yielder: EventLoopYielder): Promise<unknown> {
  const root: unknown[] = []
  const containers = new Map<number, unknown[] | Record<string, unknown>>([[0, root]])
  for (const part of parts) {
    const end = yielder.yieldIfDue()
    if (end) await end
    // `serializeParts` has written it.
    const { into, names, values, opens }: Piece = deserialize(part)
    const container = containers.get(into)
    const opened: unknown[] | Record<string, unknown> = opens?.is_list ? [] : {}
    const items = opens ? [opened] : values
    if (opens) containers.set(opens.number, opened)
    if (Array.isArray(container)) for (const item of items) container.push(item)
    else if (container) for (const [at, name] of (names ?? []).entries()) container[name] = items[at]
  }
  return root[0]
}

/** Counting stops where it is more than one part may have. Texts cannot be split. */
function weightOf(root: unknown): number {
  let weight = 0
  const stack: unknown[] = [root]
  while (stack.length > 0 && weight <= weight_max) {
    const next = stack.pop()
    weight += 1
    if (typeof next === 'string') weight += next.length / characters_per_weight
    else if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (typeof next === 'object' && next !== null)
      for (const [name, item] of Object.entries(next)) {
        weight += 1 + name.length / characters_per_weight
        stack.push(item)
      }
  }
  return weight
}
