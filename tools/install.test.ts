import { expect, it } from 'vitest'
import { seededTree } from './sources/seeded-tree.ts'

interface Install {
  missingPackage(folder: string): string | null
}
// The bootstrap is plain JavaScript, since it runs before anything is installed.
const { missingPackage } = (await import(new URL('./install.mjs', import.meta.url).href)) as Install

const wanted = {
  '': { name: 'root' },
  contract: { version: '0.1.0' },
  'node_modules/@muster/contract': { link: true },
  'node_modules/zod': { version: '4.0.0' },
  'node_modules/other-platform': { version: '1.0.0', optional: true },
}
const { 'node_modules/other-platform': _absent, '': _root, ...installed } = wanted

function missingWith(present: Readonly<Record<string, unknown>> | null, folders = ['@muster/contract', 'zod']) {
  using tree = seededTree({
    'package-lock.json': JSON.stringify({ packages: wanted }),
    ...(present ? { 'node_modules/.package-lock.json': JSON.stringify({ packages: present }) } : {}),
    ...Object.fromEntries(folders.map((name) => [`node_modules/${name}/package.json`, '{}'])),
  })
  return missingPackage(tree.root)
}

it('finds nothing missing where all is as the lock file says, packages of other platforms aside', () => {
  expect(missingWith(installed)).toBeNull()
})

it('names what is missing in a clone without node_modules', () => {
  expect(missingWith(null, [])).toBe('node_modules/@muster/contract')
})

it('names a package of another version', () => {
  expect(missingWith({ ...installed, 'node_modules/zod': { version: '3.9.0' } })).toBe('node_modules/zod')
})

it('names a package whose folder somebody removed', () => {
  expect(missingWith(installed, ['@muster/contract'])).toBe('node_modules/zod')
})
