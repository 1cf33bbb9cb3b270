import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '../ids.ts'
import type { BlobRef, Blobs } from './blobs.ts'
import type { Integrity } from './integrity.ts'
import { list, pathOf, sha256_text } from './paths.ts'

/** Goes through the blobs of the directory a few at a time, and begins anew at the end. */
export function createVerifyRound(directory: string, integrity: Integrity): Blobs['verifyNext'] {
  let after = ''
  return async ({ bytes }) => {
    let bytesLeft = bytes
    let bad = 0
    const refs = await blobsAfter(directory, after)
    for (const ref of refs) {
      const stats = await stat(pathOf(directory, ref)).catch(() => undefined)
      if (stats && !(await integrity.check(ref).catch(() => false))) bad += 1
      after = ref === refs.at(-1) ? '' : pathOf(directory, ref)
      bytesLeft -= stats?.size ?? 0
      if (bytesLeft <= 0) break
    }
    return bad
  }
}

async function blobsAfter(directory: string, after: string): Promise<BlobRef[]> {
  const refs: BlobRef[] = []
  for (const organization_id of (await list(directory)).filter(isUuid))
    for (const folder of await list(join(directory, organization_id)))
      for (const sha256 of (await list(join(directory, organization_id, folder))).filter((name) =>
        sha256_text.test(name),
      ))
        refs.push({ organization_id, sha256 })
  const refsWithPaths = refs.map((ref) => ({ ref, path: pathOf(directory, ref) })).filter(({ path }) => path > after)
  return refsWithPaths.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ ref }) => ref)
}
