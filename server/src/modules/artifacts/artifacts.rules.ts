/** Checks names, media types and ranges from outside: pure. */

import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import { isCleanText, utf8Bytes } from '@muster/contract/values'
import { invalid } from '../../platform/errors.ts'

const segment_bytes_max = 255
/** Control characters, and characters that change the direction of writing to disguise an ending. */
const deceivingCharacters = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

/**
 * A name as it is stored: a relative path with slashes, composed (NFC). A name that would leave its folder, or has a meaning to a file
 * system, is refused and not repaired, since nobody would recognise the result. Throws `invalid`.
 */
export function cleanName(name: string, field = 'name'): string {
  const refuse = (message: string) => invalid(field, message, cutText(name, limits.name_characters_max))
  if (name.length > limits.reference_characters_max)
    throw refuse(`A name can have at most ${limits.reference_characters_max} characters.`)
  if (!isCleanText(name) || deceivingCharacters.test(name)) throw refuse('A name cannot contain control characters.')
  const path = name.normalize('NFC').replaceAll('\\', '/')
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    throw refuse('A name must be a relative path, without a drive or a leading slash.')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0 || path.endsWith('/')) throw refuse('A name must end with a file name.')
  if (parts.some((part) => /^\.+\s*$/.test(part))) throw refuse('A name cannot contain a part such as “..”.')
  if (parts.some((part) => part.trim() === '' || utf8Bytes(part) > segment_bytes_max))
    throw refuse(`Each part of a name must have 1 to ${segment_bytes_max} bytes.`)
  if (parts.length - 1 > limits.folder_depth_max)
    throw refuse(`Folders can be nested at most ${limits.folder_depth_max} deep.`)
  return parts.join('/')
}

/** The last part of a name. */
export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

const types_by_ending: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  markdown: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  webp: 'image/webp',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
}

const unknown_type = 'application/octet-stream'

/** The sender's media type where it says anything, with its charset where that is not UTF-8; else that of the name's ending. */
export function mediaTypeOf(mediaType: string, name: string): string {
  const plain = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (/^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(plain) && plain !== unknown_type)
    return plain + charsetOf(mediaType)
  const base = baseName(name)
  const extension = base.includes('.') ? base.slice(base.lastIndexOf('.') + 1).toLowerCase() : ''
  return types_by_ending[extension] ?? unknown_type
}

function charsetOf(mediaType: string): string {
  const label =
    /;\s*charset\s*=\s*"?([a-z0-9][a-z0-9._:-]{0,39})"?\s*(?:;|$)/i.exec(mediaType)?.[1]?.toLowerCase() ?? ''
  return label === '' || label === 'utf-8' || label === 'utf8' || label === 'us-ascii' ? '' : `; charset=${label}`
}

/** Content-Disposition of a download: never shown in place, named in ASCII and again as it is (RFC 6266, RFC 5987). */
export function dispositionOf(name: string): string {
  const base = baseName(name)
  const ascii = base.replace(/[^\x20-\x7e]|["\\%]/gu, '_')
  const encodedName = encodeURIComponent(base).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodedName}`
}

export type Range = 'whole' | 'outside' | { readonly start: number; readonly end: number }

/**
 * The one range that a Range header asks for (RFC 9110 §14). A header that is not understood, or that asks for several
 * ranges, asks for the whole.
 */
export function rangeOf(header: string | undefined, size_bytes: number): Range {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return 'whole'
  if (first === '')
    return Number(last) === 0 || size_bytes === 0
      ? 'outside'
      : { start: Math.max(0, size_bytes - Number(last)), end: size_bytes - 1 }
  const start = Number(first)
  const end = last === '' ? size_bytes - 1 : Math.min(Number(last), size_bytes - 1)
  if (last !== '' && Number(last) < start) return 'whole'
  return start >= size_bytes ? 'outside' : { start, end }
}
