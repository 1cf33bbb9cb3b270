// Writes contract/gathered/ and docs/generated/ from the sources: `npm run generate`. With --check it writes nothing and names what is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { register } from 'tsx/esm/api'
import { root } from './install.mjs'

register()
const isCheck = process.argv.includes('--check')
// Written first: everything else is made from what the modules bring, as gathered there.
const { gatheredContract } = await import('./generators/gather-contract.ts')
const gathered = gatheredContract(root)
const staleGathered = staleOf(gathered)
if (!isCheck) write(gathered, staleGathered)
const { generatedFiles } = await import('./generators/generated-files.ts')
const files = await generatedFiles(root)
// The schema needs a database to be told from, so the check leaves it to the tests.
if (!isCheck) files.set('docs/generated/schema.sql', await migratedSchema())
const staleFiles = staleOf(files)
const stale = [...staleGathered, ...staleFiles]

if (isCheck) {
  for (const path of stale) process.stdout.write(`${path}: stale; run \`npm run generate\` and commit it\n`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  write(files, staleFiles)
  process.stdout.write(stale.length > 0 ? `Wrote ${stale.join(', ')}.\n` : 'Everything generated is fresh.\n')
}

function staleOf(contents) {
  return [...contents].filter(([path, content]) => onDisk(path) !== content).map(([path]) => path)
}

function write(contents, paths) {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), contents.get(path))
  }
}

/** Of an empty embedded database, in memory, after every migration. */
async function migratedSchema() {
  const [{ schemaDump }, { openPglite }, { migrate }] = await Promise.all([
    import('./generators/schema.ts'),
    import('../server/src/platform/db/pglite/pglite.ts'),
    import('../server/src/platform/db/migrate.ts'),
  ])
  const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
  try {
    await migrate(source, pathToFileURL(join(root, 'server/migrations/')))
    return await source.use((connection) =>
      schemaDump(async (text) => (await connection.query({ text, values: [], name: undefined })).rows),
    )
  } finally {
    await source[Symbol.asyncDispose]()
  }
}

function onDisk(path) {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
