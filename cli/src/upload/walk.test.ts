import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mediaTypeOf, readWalked, walkDirectory, walkLimits } from './walk.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-walk-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('walking a directory', () => {
  it('finds files by name, and neither follows links nor takes hidden files', async () => {
    await mkdir(join(root, 'b'))
    await mkdir(join(root, '.git'))
    await writeFile(join(root, 'b', 'two.md'), 'two')
    await writeFile(join(root, 'a.txt'), 'one')
    await writeFile(join(root, '.git', 'config'), 'secret')
    await symlink('/etc', join(root, 'c'))
    await symlink(join(root, 'a.txt'), join(root, 'd.txt'))
    const { files, skipped } = await walkDirectory(root)
    expect(files.map(({ name, size_bytes }) => [name, size_bytes])).toEqual([
      ['a.txt', 3],
      ['b/two.md', 3],
    ])
    expect(skipped).toEqual([
      { name: '.git', reason: 'hidden' },
      { name: 'c', reason: 'link' },
      { name: 'd.txt', reason: 'link' },
    ])
  })

  it('leaves out a name that is not UTF-8 or holds a backslash, and says so', async () => {
    await writeFile(join(root, 'a.txt'), 'one')
    await writeFile(join(root, 'b\\c.txt'), 'two')
    await writeFile(Buffer.concat([Buffer.from(`${root}/d`), Buffer.from([0xff]), Buffer.from('.txt')]), 'three')
    const { files, skipped } = await walkDirectory(root)
    expect(files.map(({ name }) => name)).toEqual(['a.txt'])
    expect(skipped).toEqual([
      { name: 'b\\c.txt', reason: 'name' },
      { name: 'd\ufffd.txt', reason: 'name' },
    ])
  })

  it('takes one file too, and says so when there is nothing', async () => {
    await writeFile(join(root, 'a.txt'), 'one')
    expect((await walkDirectory(join(root, 'a.txt'))).files).toMatchObject([{ name: 'a.txt' }])
    await expect(walkDirectory(join(root, 'nothing'))).rejects.toThrow(/not found/)
  })

  it('refuses what breaks a limit', async () => {
    await mkdir(join(root, 'x', 'y'), { recursive: true })
    await writeFile(join(root, 'x', 'y', 'a'), '12345')
    await writeFile(join(root, 'b'), '12345')
    const broken = (more: Partial<typeof walkLimits>) => walkDirectory(root, { ...walkLimits, ...more })
    await expect(broken({ files_max: 1 })).rejects.toThrow(/more than 1 files/)
    await expect(broken({ file_bytes_max: 4 })).rejects.toThrow(/larger than 4 B/)
    await expect(broken({ total_bytes_max: 9 })).rejects.toThrow(/exceed 9 B in total/)
    await expect(broken({ depth_max: 1 })).rejects.toThrow(/deeper than 1/)
    await expect(broken({ files_max: 2, file_bytes_max: 5, total_bytes_max: 10, depth_max: 2 })).resolves.toBeDefined()
  })

  it('does not read a link that took the place of a file', async () => {
    await writeFile(join(root, 'a'), 'mine')
    const [file] = (await walkDirectory(root)).files
    if (file === undefined) throw new Error('the file was not found')
    expect(Buffer.from(await readWalked(file)).toString()).toBe('mine')
    await rm(join(root, 'a'))
    await symlink('/etc/hostname', join(root, 'a'))
    await expect(readWalked(file)).rejects.toThrow()
  })

  it('knows media types by the end of the name', () => {
    expect(mediaTypeOf('x/README.MD')).toBe('text/markdown')
    expect(mediaTypeOf('x')).toBe('application/octet-stream')
  })
})
