import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import { createDirectoryBlobs } from './directory.ts'

const directory = await mkdtemp(join(tmpdir(), 'muster-blobs-'))
afterAll(() => rm(directory, { recursive: true, force: true }))
const blobs = createDirectoryBlobs({ directory })
const bytes_max = 1_000_000
const hour_ms = 3_600_000

async function* chunks(...parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}

const write = (organization_id: string, ...parts: readonly (string | Error)[]) =>
  blobs.write(organization_id, chunks(...parts), { bytes_max })
const text = async (organization_id: string, sha256: string) =>
  (await buffer(await blobs.read({ organization_id, sha256 }))).toString()
const pathOf = (organization_id: string, sha256: string) => join(directory, organization_id, sha256.slice(0, 2), sha256)
const temporary = () => readdir(join(directory, 'tmp'))

async function age(organization_id: string, sha256: string): Promise<void> {
  const then = new Date(Date.now() - 2 * hour_ms)
  await utimes(pathOf(organization_id, sha256), then, then)
}

describe('a blob', () => {
  it('is named by its own hash and comes back whole or in part', async () => {
    const organization_id = newId()
    const stored = await write(organization_id, 'some ', '', 'text')
    expect(stored).toEqual({ sha256: createHash('sha256').update('some text').digest('hex'), size_bytes: 9 })
    expect(await text(organization_id, stored.sha256)).toBe('some text')
    const part = await blobs.read({ organization_id, ...stored }, { start: 5, end: 7 })
    expect((await buffer(part)).toString()).toBe('tex')
    expect(Buffer.from(await blobs.bytes({ organization_id, ...stored })).toString()).toBe('some text')
    expect(await write(organization_id, 'some text')).toEqual(stored)
  })

  it('is of one organization', async () => {
    const { sha256 } = await write(newId(), 'mine')
    await expect(blobs.read({ organization_id: newId(), sha256 })).rejects.toMatchObject({ code: 'unavailable' })
    await expect(blobs.bytes({ organization_id: newId(), sha256 })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('cannot be named by a path', async () => {
    for (const sha256 of ['../../etc/passwd', '', 'A'.repeat(64)])
      await expect(blobs.read({ organization_id: newId(), sha256 })).rejects.toThrow('invariant')
    await expect(write('../..', 'x')).rejects.toThrow('invariant')
  })

  it('that breaks off or is too large leaves nothing', async () => {
    const organization_id = newId()
    await expect(write(organization_id, 'half', new Error('cut'))).rejects.toThrow('cut')
    const large = blobs.write(organization_id, chunks('12345', '6'), { bytes_max: 5 })
    await expect(large).rejects.toMatchObject({ code: 'too_large', detail: { limit: 5 } })
    expect(await temporary()).toEqual([])
    expect(await readdir(directory)).not.toContain(organization_id)
    expect(await blobs.write(organization_id, chunks('12345'), { bytes_max: 5 })).toMatchObject({ size_bytes: 5 })
  })

  it('may be empty', async () => {
    const organization_id = newId()
    const { sha256, size_bytes } = await write(organization_id)
    expect([size_bytes, await text(organization_id, sha256)]).toEqual([0, ''])
  })
})

describe('the sweep', () => {
  const sweep = (kept: readonly string[]) =>
    blobs.sweep({
      older_than_ms: hour_ms,
      hashesInUse: async (_id, given) => new Set(given.filter((one) => kept.includes(one))),
    })

  it('removes what is old and unwanted, and nothing else', async () => {
    const organization_id = newId()
    const [young, wanted, orphan] = [
      await write(organization_id, 'young'),
      await write(organization_id, 'wanted'),
      await write(organization_id, 'orphan'),
    ]
    await age(organization_id, wanted.sha256)
    await age(organization_id, orphan.sha256)
    expect(await sweep([wanted.sha256])).toBe(1)
    expect(await text(organization_id, young.sha256)).toBe('young')
    expect(await text(organization_id, wanted.sha256)).toBe('wanted')
    await expect(blobs.read({ organization_id, ...orphan })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await temporary()).toEqual([])
  })

  it('spares what is written again after it asked', async () => {
    const organization_id = newId()
    const { sha256 } = await write(organization_id, 'again')
    await age(organization_id, sha256)
    const removed = await blobs.sweep({
      older_than_ms: hour_ms,
      async hashesInUse(of, given) {
        if (of !== organization_id) return new Set(given)
        await write(organization_id, 'again')
        return new Set()
      },
    })
    expect([removed, await text(organization_id, sha256)]).toEqual([0, 'again'])
  })

  it('removes what broken writes left, and brings back what an interrupted sweep moved aside', async () => {
    const organization_id = newId()
    const { sha256 } = await write(organization_id, 'aside')
    await rename(pathOf(organization_id, sha256), join(directory, 'tmp', `${organization_id}.${sha256}.trash`))
    const left = join(directory, 'tmp', newId())
    await writeFile(left, 'half')
    const then = new Date(Date.now() - 2 * hour_ms)
    await utimes(left, then, then)
    await sweep([sha256])
    expect(await temporary()).toEqual([])
    expect(await readFile(pathOf(organization_id, sha256), 'utf8')).toBe('aside')
  })
})

describe('a blob that is not what was stored', () => {
  const spoilings = {
    changed: (path: string) => writeFile(path, 'what is st0red'),
    shortened: (path: string) => truncate(path, 5),
    emptied: (path: string) => truncate(path, 0),
    lengthened: (path: string) => appendFile(path, ' and more'),
  }

  it.each(Object.entries(spoilings))(
    'but %s is refused before its first byte, whole and in part',
    async (_how, spoil) => {
      const reports: object[] = []
      const store = createDirectoryBlobs({ directory, onDamaged: (ref) => reports.push(ref) })
      const organization_id = newId()
      const ref = { organization_id, ...(await write(organization_id, 'what is stored')) }
      // It was good when it was last looked at.
      await (await store.read(ref, { start: 0, end: 3 })).toArray()
      await spoil(pathOf(organization_id, ref.sha256))
      const damaged = { code: 'artifact_damaged', detail: { value: ref.sha256 } }
      await expect(store.read(ref)).rejects.toMatchObject(damaged)
      await expect(store.read(ref, { start: 0, end: 3 })).rejects.toMatchObject(damaged)
      await expect(store.bytes(ref)).rejects.toMatchObject(damaged)
      expect(await store.health()).toMatchObject({
        status: 'degraded',
        message: '1 of the files in the blob store is damaged or missing.',
        facts: { damaged: 1 },
      })
      expect(reports).toEqual([expect.objectContaining({ organization_id, sha256: ref.sha256 })])
      // The same content, given again, mends it.
      await store.write(organization_id, chunks('what is stored'), { bytes_max })
      expect((await buffer(await store.read(ref))).toString()).toBe('what is stored')
      expect(await store.health()).toMatchObject({ facts: { free_bytes: expect.any(Number) } })
      expect((await store.health()).facts?.damaged).toBeUndefined()
    },
  )

  it('but gone is told, until it is put back by hand', async () => {
    const store = createDirectoryBlobs({ directory })
    const organization_id = newId()
    const ref = { organization_id, ...(await write(organization_id, 'soon gone')) }
    const path = pathOf(organization_id, ref.sha256)
    await rename(path, `${path}.aside`)
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'unavailable' })
    expect((await store.health()).facts?.damaged).toBe(1)
    await rename(`${path}.aside`, path)
    expect((await store.health()).facts?.damaged).toBeUndefined()
  })

  it('is found though nobody reads it, a part of the store at a time', async () => {
    const own = await mkdtemp(join(tmpdir(), 'muster-blobs-round-'))
    afterAll(() => rm(own, { recursive: true, force: true }))
    const store = createDirectoryBlobs({ directory: own })
    const organization_id = newId()
    const stored = []
    for (const text of ['one', 'two', 'three'])
      stored.push(await store.write(organization_id, chunks(text), { bytes_max }))
    for (const { sha256 } of stored.slice(1))
      await appendFile(join(own, organization_id, sha256.slice(0, 2), sha256), '!')
    let bad = 0
    for (let looks = 0; looks < 3; looks += 1) bad += await store.verifyNext({ bytes: 1 })
    expect(bad).toBe(2)
    expect((await store.health()).facts?.damaged).toBe(2)
    // The round begins anew.
    expect(await store.verifyNext({ bytes: bytes_max })).toBe(2)
  })
})

it('says how much room there is', async () => {
  expect(await blobs.health()).toMatchObject({ facts: { free_bytes: expect.any(Number) } })
})
