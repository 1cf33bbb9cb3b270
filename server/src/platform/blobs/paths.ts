import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fieldOf } from '@muster/contract/platform/objects'
import { invariant } from '../errors.ts'
import { isUuid } from '../ids.ts'
import type { BlobRef } from './blobs.ts'

export const sha256_text = /^[0-9a-f]{64}$/

/** The path of a blob. No name from outside ever becomes a path. */
export function pathOf(directory: string, { organization_id, sha256 }: BlobRef): string {
  invariant(isUuid(organization_id) && sha256_text.test(sha256), 'a blob is named by an organization and a SHA-256')
  return join(directory, organization_id, sha256.slice(0, 2), sha256)
}

/** The names in a folder; none where it is not there. */
export async function list(path: string): Promise<string[]> {
  return readdir(path).catch((error) => {
    if (isMissing(error) || codeOf(error) === 'ENOTDIR') return []
    throw error
  })
}

export const codeOf = (error: unknown): unknown => fieldOf(error, 'code')
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'
