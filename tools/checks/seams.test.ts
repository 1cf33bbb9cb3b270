import { describe, expect, it } from 'vitest'
import { moduleGraph } from '../sources/module-edges.ts'
import { seededTree } from '../sources/seeded-tree.ts'
import { checkSeams } from './seams.ts'

const alpha = 'server/src/modules/alpha'
const beta = 'server/src/modules/beta'

/** Two modules, alpha before beta: beta reads a view of alpha and fills its extension point. */
const clean = {
  'server/src/app/modules.ts': `export const addModules = (program) => program.add('alpha', alphaModule).addWithEngine('beta', betaModule)`,
  'server/src/app/compose.ts': `
    import { addModules } from './modules.ts'
    export function compose(extensions) {
      const program = addModules(programBuilder({ extensions }))
      extensions.connect(program.manifests)
      return program
    }`,
  'server/migrations/0001_alpha_tables.sql':
    'create table alpha_notes (id int);\ncreate view alpha_notes_v as select 1;',
  'server/migrations/0002_beta_tables.sql': 'create table beta_lists (id int);\ncreate view beta_lists_v as select 1;',
  [`${alpha}/alpha.extensions.ts`]: `export const readers = extensionPoint<Reader>('alpha.readers')`,
  [`${alpha}/alpha.service.ts`]: `import { readers } from './alpha.extensions.ts'\nexport const read = (extensions) => extensions.of(readers)`,
  [`${alpha}/alpha.store.ts`]: 'export const store = sql`select id from alpha_notes`',
  [`${alpha}/alpha.module.ts`]: 'export const alphaModule = (options) => ({ port: options })',
  [`${beta}/beta.store.ts`]:
    'export const store = (tx: EngineTx) => sql`select id from beta_lists join alpha_notes_v on true`',
  [`${beta}/beta.module.ts`]: `import { readers } from '../alpha/alpha.extensions.ts'\nexport const betaModule = () => ({ extensions: [extend(readers, {})] })`,
}

function problemsWith(files: Readonly<Record<string, string>>): string[] {
  using tree = seededTree({ ...clean, ...files })
  return checkSeams(tree.root)
}

describe('check-seams', () => {
  it('finds nothing where all is well, and draws every edge', () => {
    expect(problemsWith({})).toEqual([])
    using tree = seededTree(clean)
    const { edges, points } = moduleGraph(tree.root)
    expect(edges.map(({ kind, from, to, name }) => [kind, from, to, name])).toEqual([
      ['view', 'beta', 'alpha', 'alpha_notes_v'],
      ['extension', 'beta', 'alpha', 'alpha.readers'],
    ])
    expect(points).toMatchObject([{ name: 'alpha.readers', fillers: ['beta'], readers: [`${alpha}/alpha.service.ts`] }])
  })

  const breaches: readonly { what: string; files: Record<string, string>; says: RegExp }[] = [
    {
      what: 'SQL over a view of a later module',
      files: { [`${alpha}/alpha.store.ts`]: 'export const store = sql`select id from beta_lists_v`' },
      says: /alpha\.store\.ts:1: reads the view beta_lists_v of beta, which does not stand earlier/,
    },
    {
      what: 'SQL over another module’s table',
      files: { [`${beta}/more.store.ts`]: 'export const store = sql`update alpha_notes set id = 1`' },
      says: /more\.store\.ts:1: touches the table alpha_notes of alpha/,
    },
    {
      what: 'an extension point that an earlier module fills',
      files: {
        [`${beta}/beta.extensions.ts`]: `export const lists = extensionPoint<List>('beta.lists')`,
        [`${beta}/beta.service.ts`]: `import { lists } from './beta.extensions.ts'\nexport const all = (extensions) => extensions.of(lists)`,
        [`${alpha}/alpha.module.ts`]: `import { lists } from '../beta/beta.extensions.ts'\nexport const alphaModule = () => ({ extensions: [extend(lists, {})] })`,
      },
      says: /the extension point beta\.lists is filled by alpha, which does not stand later; a port serves/,
    },
    {
      what: 'an extension point that nobody fills',
      files: { [`${beta}/beta.module.ts`]: 'export const betaModule = () => ({})' },
      says: /nobody fills the extension point alpha\.readers/,
    },
    {
      what: 'an extension point that nobody reads',
      files: { [`${alpha}/alpha.service.ts`]: 'export const read = 1' },
      says: /nobody reads the extension point alpha\.readers/,
    },
    {
      what: 'a circle over edges of two kinds',
      files: {
        [`${alpha}/alpha.port.ts`]: `import type { B } from '../beta/beta.port.ts'\nexport type A = B`,
        [`${beta}/beta.port.ts`]: 'export type B = 1',
      },
      says: /a circle of modules: alpha → beta → alpha/,
    },
    {
      what: 'app/ that imports a service',
      files: {
        'server/src/app/more.ts': `import { read } from '../modules/alpha/alpha.service.ts'\nexport const r = read`,
      },
      says: /more\.ts:1: imports .*alpha\.service\.ts; app\/ imports of a module only/,
    },
    {
      what: 'a module that is made beside the list, and so could be given a later one',
      files: {
        'server/src/app/compose.ts': `import { alphaModule } from '../modules/alpha/alpha.module.ts'
        export function compose() {
          return alphaModule({ find: () => beta.find() })
        }`,
      },
      says: /compose\.ts:3: calls alphaModule; app\/modules\.ts adds it/,
    },
    {
      what: 'a module that is told of another one',
      files: {
        'server/src/app/compose.ts': `export function compose(program) {
          program.alpha.port.register(program.beta)
        }`,
      },
      says: /compose\.ts:2: tells program\.alpha\.port of something after it was made/,
    },
    {
      what: 'a module that is not listed for every tenant’s transactions',
      files: { [`${alpha}/more.store.ts`]: 'export const all = (tx: EngineTx) => tx' },
      says: /more\.store\.ts:1: names EngineTx; only modules that are added with the engine/,
    },
    {
      what: 'a thirteenth extension point',
      files: Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [
          `${alpha}/more${n}.extensions.ts`,
          `export const more${n} = extensionPoint<X>('alpha.more_${'x'.repeat(n + 1)}')`,
        ]),
      ),
      says: /13 extension points; 12 are allowed/,
    },
  ]
  it.each(breaches)('tells of $what', ({ files, says }) => {
    expect(problemsWith(files).join('\n')).toMatch(says)
  })
})
