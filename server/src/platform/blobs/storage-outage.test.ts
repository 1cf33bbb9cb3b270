import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createStorageOutage } from './storage-outage.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-storage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const withCode = (code: string) => Object.assign(new Error('as the operating system says it'), { code })

describe('content that cannot be written', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'])('for %s is unavailable, with a remedy', (code) => {
    expect(createStorageOutage(folder).failed(withCode(code))).toMatchObject({
      code: 'unavailable',
      detail: { remedy: expect.any(String) },
    })
  })

  it('for another reason is somebody else’s error', async () => {
    const storage = createStorageOutage(folder)
    const error = withCode('EMFILE')
    expect(storage.failed(error)).toBe(error)
    expect(await storage.current()).toBeUndefined()
  })

  it('is an outage until a file can be written again, of which nothing is left', async () => {
    const temporary = join(folder, 'absent')
    const storage = createStorageOutage(temporary)
    storage.failed(withCode('ENOSPC'))
    expect(await storage.current()).toMatchObject({ cause: 'The blob store’s disk is full' })
    mkdirSync(temporary)
    expect(await storage.current()).toBeUndefined()
    expect(readdirSync(temporary)).toEqual([])
  })
})
