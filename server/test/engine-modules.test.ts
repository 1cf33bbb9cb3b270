import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { addModules } from '../src/app/modules.ts'
import { programBuilder } from '../src/app/program-builder.ts'
import type { Manifest } from '../src/platform/module/module.ts'

const engine = { transact: () => {} }
const manifests: Manifest[] = []
const manifest = (name: string): Manifest => ({ name, routes: [] })

it('gives transactions over all tenants to the modules that are added with them, and to no other', () => {
  const given: Record<string, object> = {}
  const take = (name: string) => (means: object) => {
    given[name] = means
    return { manifest: manifest(name), [name]: { of: name } }
  }
  const { parts } = programBuilder({ db: {} }, { engine, manifests })
    .addWithEngine('first', take('first') as () => { manifest: Manifest; first: object })
    .add('second', take('second') as () => { manifest: Manifest; second: object })
  expect(given).toEqual({ first: { db: {}, engine }, second: { db: {}, first: { of: 'first' } } })
  expect(Object.values(given.second ?? {})).not.toContain(engine)
  expect(parts).toEqual({ first: { of: 'first' }, second: { of: 'second' } })
  expect(manifests.map(({ name }) => name)).toEqual(['first', 'second'])
})

it('lets no module take the name of a means or of another module', () => {
  const named = (name: string) => () => ({ manifest: manifest(name), [name]: {} }) as { manifest: Manifest; db: object }
  const builder = programBuilder({ db: {} }, { engine, manifests: [] })
  expect(() => builder.add('db', named('db'))).toThrow('the module db gives db, which there is already')
})

it('is told to each module of the product by one line of the list', () => {
  const lines = readFileSync(new URL('../src/app/modules.ts', import.meta.url), 'utf8').split('\n')
  const added = lines.flatMap((line) => /^ {4}\.(add|addWithEngine)\('(\w+)', \2Module\)$/.exec(line)?.slice(1) ?? [])
  const names = added.filter((_, at) => at % 2 === 1)
  const calls: string[] = []
  const builder = {
    add(name: string) {
      calls.push(`add ${name}`)
      return builder
    },
    addWithEngine(name: string) {
      calls.push(`addWithEngine ${name}`)
      return builder
    },
    parts: {},
  }
  addModules(builder as never)
  expect(calls).toEqual(names.map((name, at) => `${added[at * 2]} ${name}`))
  expect(calls).toContain('add projects')
  expect(calls).toContain('add dashboard')
})
