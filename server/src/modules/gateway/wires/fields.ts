/** Small readings that the readers and writers of all wires share. */
import type { Json, JsonObject } from '@muster/contract/values'
import { ProviderFailure } from '../gateway.types.ts'
import { isObject, list, object } from '../rules/usage.ts'

export const textIn = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

export const numberIn = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined)

/** The failure for a request that the provider's wire cannot express. `place`: where it stands in the client's request. */
export function refusedAt(place: string | undefined, problem: string): ProviderFailure {
  return new ProviderFailure('refused', place === undefined ? problem : `${place}: ${problem}`, { http_status: 400 })
}

/** Only the fields that are there: absent ones are left out, never undefined. */
export function present(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  const known: Record<string, Json> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) known[name] = value
  return known
}

/** The same for values that are no JSON, such as parts. */
export function maybe<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  if (value === undefined) return {}
  const fields: { [Key in Name]?: Value } = {}
  fields[name] = value
  return fields
}

/** The texts of a content that is a text or a list of parts, nested ones included, as one. */
export function joinedText(content: Json | undefined, separator = ''): string {
  if (typeof content === 'string') return content
  if (isObject(content)) return joinedText(content.text ?? content.content, separator)
  return list(content)
    .map((part) => (typeof part === 'string' ? part : joinedText(object(part).text ?? object(part).content, separator)))
    .filter((text) => text !== '')
    .join(separator)
}

/** Base64 and its type out of an address `data:…;base64,…`; undefined for any other address. */
export function dataOf(url: string): { readonly media_type: string; readonly data: string } | undefined {
  if (!/^data:/i.test(url)) return undefined
  const comma = url.indexOf(',')
  const [media_type = '', ...options] = url.slice(5, Math.max(5, comma)).split(';')
  if (comma < 0 || !options.some((option) => option.trim().toLowerCase() === 'base64')) return undefined
  return { media_type: media_type.trim().toLowerCase() || 'text/plain', data: url.slice(comma + 1) }
}
