// Puts the built page beside the bundles, with each of its files compressed as browsers take it, so that the server
// compresses nothing while it answers.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Smaller ones fit into one packet as they are. */
const compressed_bytes_min = 1024
/** What is compressed already. */
const dense = new Set(['.avif', '.gz', '.br', '.ico', '.jpg', '.png', '.webp', '.woff2'])
/** The best level takes ten times as long and saves a twentieth more. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
const codings = [
  ['.br', (bytes) => promisify(brotliCompress)(bytes, brotli)],
  ['.gz', (bytes) => promisify(gzip)(bytes, { level: 9 })],
]

/** Whether each of the folders has the page that lies in `from`; also where there is none to have. */
export function pageIsFresh(from, folders) {
  // The names of all its files follow from their content and stand in the index, or in what the index names.
  const index = contentOf(from)
  return index === undefined || folders.every((folder) => contentOf(folder)?.equals(index))
}

/**
 * Copies the page into each of the folders, in place of what was there; a running server has read the old one already.
 * Gives how many files it has: 0 where it has not been built.
 */
export async function copyPage(from, folders) {
  if (contentOf(from) === undefined) return 0
  const names = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => relative(from, join(entry.parentPath, entry.name)))
  const files = (await Promise.all(names.map((name) => withCompressed(from, name)))).flat()
  for (const folder of folders) {
    const next = `${folder}.next`
    rmSync(next, { recursive: true, force: true })
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(next, name)), { recursive: true })
      writeFileSync(join(next, name), bytes)
    }
    rmSync(folder, { recursive: true, force: true })
    renameSync(next, folder)
  }
  return names.length
}

async function withCompressed(from, name) {
  const bytes = readFileSync(join(from, name))
  if (bytes.length < compressed_bytes_min || dense.has(extname(name))) return [[name, bytes]]
  const smaller = await Promise.all(codings.map(async ([suffix, compress]) => [name + suffix, await compress(bytes)]))
  return [[name, bytes], ...smaller.filter(([, content]) => content.length < bytes.length)]
}

function contentOf(folder) {
  const index = join(folder, 'index.html')
  return existsSync(index) ? readFileSync(index) : undefined
}
