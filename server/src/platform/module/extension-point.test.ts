import { describe, expect, it } from 'vitest'
import { connectedExtensions, createExtensions, extend, extensionPoint } from './extension-point.ts'

interface Reader {
  readonly kind: string
}

const readers = extensionPoint<Reader>('alpha.readers')
const kinds = extensionPoint<Reader>('alpha.kinds', ({ kind }) => kind)

describe('an extension point', () => {
  it('gives what was added, in the order of the modules', () => {
    const extensions = connectedExtensions(
      extend(readers, { kind: 'a' }),
      extend(readers, { kind: 'a' }, { kind: 'b' }),
    )
    expect(extensions.of(readers)).toEqual([{ kind: 'a' }, { kind: 'a' }, { kind: 'b' }])
    expect(extensions.of(kinds)).toEqual([])
  })

  it('that has one contribution of a kind refuses a second one when the program is put together', () => {
    const two = [extend(kinds, { kind: 'a' }), extend(kinds, { kind: 'b' }, { kind: 'a' })]
    expect(() => connectedExtensions(...two)).toThrow('two modules fill alpha.kinds for a')
  })

  it('cannot be read before the program is put together', () => {
    expect(() => createExtensions().of(readers)).toThrow('alpha.readers was used before')
  })
})
