import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readTextFile, readValueFile } from './files.ts'
import { testIo } from './testing/fixtures.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-files-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(root, name), content)
  return join(root, name)
}

it('reads JSON behind a byte order mark, in UTF-8 and UTF-16', async () => {
  const io = testIo()
  expect(await readValueFile(io, await file('a.json', '\ufeff{"total": 42}\r\n'))).toEqual({ total: 42 })
  const wide = Buffer.from('\ufeff{"total": 42}', 'utf16le')
  expect(await readValueFile(io, await file('b.json', wide))).toEqual({ total: 42 })
})

it('refuses a JSON file that does not parse, and takes another one as text', async () => {
  const io = testIo()
  await expect(readValueFile(io, await file('a.json', '{"total": 42,}'))).rejects.toThrow(/a\.json is not JSON/)
  expect(await readValueFile(io, await file('a.txt', '\ufeff{"total": 42,}'))).toBe('{"total": 42,}')
})

it('refuses an integer that would be rounded, by its place', async () => {
  const path = await file('a.json', '{"a": [{"id": 9107385562314477123}]}')
  await expect(readValueFile(testIo(), path)).rejects.toThrow(/9107385562314477123 at \/a\/0\/id is beyond 2\^53/)
})

it('says that an encoding is assumed, and refuses what is no text', async () => {
  const io = testIo()
  expect(await readTextFile(io, await file('a.txt', Buffer.from('caf\xe9 au lait', 'latin1')))).toBe('café au lait')
  expect(io.err()).toContain('was read as Windows-1252')
  await expect(readTextFile(io, await file('b.txt', new Uint8Array([1, 0, 2])))).rejects.toThrow(/it is not text/)
})
