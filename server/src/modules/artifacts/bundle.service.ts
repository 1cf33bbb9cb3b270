import { createDistinctNames } from '@muster/contract/texts/file-names'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { Blobs } from '../../platform/blobs/blobs.ts'
import { MusterError } from '../../platform/errors.ts'
import type { BundleFile } from './artifacts.port.ts'

/**
 * Streams a zip file: one chunk of one file is read, compressed and sent before the next, so that a gigabyte costs no
 * more memory than a chunk. Text is compressed; compressed formats are only stored.
 */
export async function* bundle(
  blobs: Blobs,
  organization_id: string,
  files: readonly BundleFile[],
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  let failure: Error | null = null
  const zip = new Zip((error, chunk) => {
    failure ??= error
    ready.push(chunk)
  })
  const drain = (): Uint8Array[] => {
    if (failure) throw failure
    return ready.splice(0)
  }
  const distinctName = createDistinctNames()
  for (const file of files) {
    const { name: own_name, content } = await openFile(blobs, organization_id, file)
    const name = distinctName(own_name)
    const entry = isText(file) ? new ZipDeflate(name, { level: 3 }) : new ZipPassThrough(name)
    zip.add(entry)
    for await (const chunk of content) {
      entry.push(chunk)
      yield* drain()
    }
    entry.push(new Uint8Array(0), true)
    yield* drain()
  }
  zip.end()
  yield* drain()
}

interface NamedContent {
  readonly name: string
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** A file whose content is damaged or missing becomes a text that says so: the others are still useful. */
async function openFile(blobs: Blobs, organization_id: string, file: BundleFile): Promise<NamedContent> {
  const { name } = file
  if ('text' in file) return { name, content: [Buffer.from(file.text)] }
  try {
    return { name, content: await blobs.read({ organization_id, sha256: file.sha256 }) }
  } catch (error) {
    if (!(error instanceof MusterError)) throw error
    return { name: `${name}.damaged.txt`, content: [Buffer.from(`${error.message}\n`)] }
  }
}

function isText(file: BundleFile): boolean {
  return 'text' in file || /^text\/|[/+](?:json|xml|yaml)(?:;|$)/.test(file.media_type)
}
