import { describe, expect, it } from 'vitest'
import { seededTree } from '../../sources/seeded-tree.ts'
import { checkLayers } from './layers.ts'

const alpha = 'server/src/modules/alpha'
const beta = 'server/src/modules/beta'

/** Two modules, alpha before beta, in which everything is as it should be. */
const clean = {
  'server/src/app/modules.ts': `
    import { alphaModule } from '../modules/alpha/alpha.module.ts'
    import { betaModule } from '../modules/beta/beta.module.ts'
    export const addModules = (program) => program.add('alpha', alphaModule).addWithEngine('beta', betaModule)`,
  'server/src/platform/db/db.ts': `import pg from 'pg'\nexport type Tx = pg.Client\nexport const sql = 1`,
  'server/src/platform/http/http.ts': 'export const route = 1',
  'server/src/platform/config.ts': 'export const port = process.env.PORT',
  [`${alpha}/alpha.port.ts`]: `import type { Tx } from '../../platform/db/db.ts'\nexport type Alpha = Tx`,
  [`${alpha}/alpha.rules.ts`]: `import { z } from 'zod'\nexport const rule = z`,
  [`${alpha}/alpha.store.ts`]: `import { sql } from '../../platform/db/db.ts'\nexport const store = sql`,
  [`${alpha}/alpha.service.ts`]: `import { store } from './alpha.store.ts'\nexport const service = store`,
  [`${alpha}/alpha.module.ts`]: `import { service } from './alpha.service.ts'\nexport const alphaModule = service`,
  [`${beta}/beta.port.ts`]: 'export type Beta = 1',
  [`${beta}/beta.service.ts`]: `import type { Alpha } from '../alpha/alpha.port.ts'\nexport type Service = Alpha`,
  [`${beta}/beta.routes.ts`]: `import { route } from '../../platform/http/http.ts'\nexport const routes = route`,
  [`${beta}/beta.module.ts`]: `import { routes } from './beta.routes.ts'\nexport const betaModule = () => routes`,
  [`${beta}/adapters/far.ts`]: `import { fetch } from 'undici'\nexport const far = fetch`,
  'contract/values.ts': `import { z } from 'zod'\nexport const value = z`,
  'contract/platform/limits.ts': 'export const platformLimits = 1',
  'contract/alpha/goals.ts': `import { value } from '../values.ts'\nexport const goal = value`,
  'contract/beta/runs.ts': `import { goal } from '../alpha/goals.ts'\nexport const run = goal`,
  'contract/beta/events.ts': `import { run } from './runs.ts'\nexport const betaEvents = run`,
  'contract/events.ts': `import { betaEvents } from './beta/events.ts'\nexport const events = betaEvents`,
  'contract/limits.ts': `import { platformLimits } from './platform/limits.ts'\nexport const limits = platformLimits`,
  'sdk/src/client.ts': `import { goal } from '@muster/contract/alpha/goals'\nexport const client = goal`,
  'cli/src/main.ts': `import { client } from '@muster/sdk/client'\nexport const main = client`,
}

function problemsWith(files: Readonly<Record<string, string>>): string[] {
  using tree = seededTree({ ...clean, ...files })
  return checkLayers(tree.root)
}

describe('check-layers', () => {
  it('finds nothing where all is well', () => {
    expect(problemsWith({})).toEqual([])
  })

  const breaches: readonly { what: string; files: Record<string, string>; says: RegExp }[] = [
    {
      what: 'a port of a later module, even for a type',
      files: { [`${alpha}/more.service.ts`]: `import type { Beta } from '../beta/beta.port.ts'\nexport type M = Beta` },
      says: /more\.service\.ts:1: imports beta, which does not stand earlier/,
    },
    {
      what: 'a type named by import() in another module',
      files: { [`${beta}/more.service.ts`]: `export type M = import('../alpha/alpha.service.ts').X` },
      says: /only the port is imported/,
    },
    {
      what: 'another module beside its port',
      files: { [`${beta}/more.service.ts`]: `import { store } from '../alpha/alpha.store.ts'\nexport const s = store` },
      says: /imports alpha\/alpha\.store\.ts; of other modules only the port/,
    },
    {
      what: 'a rules file that reads the database',
      files: { [`${alpha}/alpha.rules.ts`]: `import type { Tx } from '../../platform/db/db.ts'\nexport type R = Tx` },
      says: /a rules file imports platform\/db\/db\.ts/,
    },
    {
      what: 'a rules file with a library',
      files: { [`${alpha}/alpha.rules.ts`]: `import { parse } from 'yaml'\nexport const r = parse` },
      says: /a rules file imports yaml/,
    },
    {
      what: 'a rules file that touches files',
      files: { [`${alpha}/alpha.rules.ts`]: `import { readFileSync } from 'node:fs'\nexport const r = readFileSync` },
      says: /imports node:fs, which does input or output/,
    },
    {
      what: 'a port with values of the database',
      files: { [`${alpha}/alpha.port.ts`]: `import { sql } from '../../platform/db/db.ts'\nexport const p = sql` },
      says: /a port file imports values from platform\/db/,
    },
    {
      what: 'routes that go around the service',
      files: { [`${alpha}/alpha.routes.ts`]: `import { store } from './alpha.store.ts'\nexport const r = store` },
      says: /a routes file imports the store file/,
    },
    {
      what: 'routes that speak SQL',
      files: { [`${alpha}/alpha.routes.ts`]: `import { sql } from '../../platform/db/db.ts'\nexport const r = sql` },
      says: /a routes file imports platform\/db/,
    },
    {
      what: 'a store that speaks HTTP',
      files: {
        [`${alpha}/alpha.store.ts`]: `import { route } from '../../platform/http/http.ts'\nexport const store = route`,
      },
      says: /a store file imports platform\/http/,
    },
    {
      what: 'a manifest with values of an earlier port',
      files: {
        [`${beta}/beta.module.ts`]: `import { a } from '../alpha/alpha.port.ts'\nexport const betaModule = () => a`,
      },
      says: /a module file imports values from the port of alpha/,
    },
    {
      what: 'the database driver outside of platform/',
      files: { [`${beta}/adapters/far.ts`]: `import pg from 'pg'\nexport const far = pg` },
      says: /imports pg, which belongs into platform\//,
    },
    {
      what: 'an outside library outside of adapters/',
      files: { [`${beta}/beta.service.ts`]: `import { fetch } from 'undici'\nexport const f = fetch` },
      says: /imports undici; an outside library belongs into adapters\//,
    },
    {
      what: 'platform/ that knows a module',
      files: {
        'server/src/platform/clock.ts': `import type { Alpha } from '../modules/alpha/alpha.port.ts'\nexport type C = Alpha`,
      },
      says: /platform\/ knows no module/,
    },
    {
      what: 'a module that knows app/',
      files: {
        [`${alpha}/more.service.ts`]: `import { addModules } from '../../app/modules.ts'\nexport const m = addModules`,
      },
      says: /app\/ puts modules together/,
    },
    {
      what: 'a circle of folders in platform, although its files form none',
      files: {
        'server/src/platform/db/pages.ts': `import type { Pause } from '../journal/pause.ts'\nexport type Page = Pause`,
        'server/src/platform/journal/pause.ts': `export type Pause = 1`,
        'server/src/platform/journal/reader.ts': `import type { Page } from '../db/pages.ts'\nexport type Reader = Page`,
      },
      says: /a circle of folders: db, journal \(.*pages\.ts:1 imports .*pause\.ts; .*reader\.ts:1 imports .*pages\.ts\)/,
    },
    {
      what: 'a circle of a folder in platform and one inside it',
      files: {
        'server/src/platform/http/body/parse.ts': `import type { Route } from '../route.ts'\nexport type Parse = Route`,
        'server/src/platform/http/route.ts': `export type Route = 1`,
        'server/src/platform/http/server.ts': `import type { Parse } from './body/parse.ts'\nexport type Server = Parse`,
      },
      says: /a circle of folders: http, http\/body /,
    },
    {
      what: 'a cycle of type imports',
      files: {
        [`${alpha}/one.rules.ts`]: `import type { Two } from './two.rules.ts'\nexport type One = Two`,
        [`${alpha}/two.rules.ts`]: `import type { One } from './one.rules.ts'\nexport type Two = One`,
      },
      says: /a cycle of imports: .*one\.rules\.ts, .*two\.rules\.ts/,
    },
    {
      what: 'a barrel',
      files: { [`${alpha}/index.rules.ts`]: `export { rule } from './alpha.rules.ts'` },
      says: /index\.rules\.ts:1: is a barrel/,
    },
    {
      what: 'export *',
      files: { [`${alpha}/more.rules.ts`]: `export const m = 1\nexport * from './alpha.rules.ts'` },
      says: /more\.rules\.ts:2: exports \*/,
    },
    {
      what: 'a default export',
      files: { [`${alpha}/more.rules.ts`]: 'export default function m() {}' },
      says: /more\.rules\.ts:1: has a default export/,
    },
    {
      what: 'the environment read elsewhere',
      files: { [`${alpha}/more.service.ts`]: `export const home = process['env']\nexport const p = process.env.PORT` },
      says: /more\.service\.ts:1: reads the environment.*\n.*more\.service\.ts:2: reads the environment/,
    },
    {
      what: 'a contract with a library',
      files: { 'contract/more.ts': `import { randomUUID } from 'node:crypto'\nexport const m = randomUUID` },
      says: /contract\/more\.ts:1: imports node:crypto/,
    },
    {
      what: 'a folder of the contract that imports a later module’s, even for a type',
      files: { 'contract/alpha/more.ts': `import type { run } from '../beta/runs.ts'\nexport type M = typeof run` },
      says: /contract\/alpha\/more\.ts:1: imports contract\/beta\/, which does not stand earlier than alpha/,
    },
    {
      what: 'the platform’s folder of the contract that imports a module’s',
      files: { 'contract/platform/more.ts': `import { goal } from '../alpha/goals.ts'\nexport const m = goal` },
      says: /contract\/platform\/more\.ts:1: imports contract\/alpha\/, which does not stand earlier than platform/,
    },
    {
      what: 'a folder of the contract that imports what gathers all modules',
      files: { 'contract/beta/more.ts': `import { limits } from '../limits.ts'\nexport const m = limits` },
      says: /contract\/beta\/more\.ts:1: imports contract\/limits\.ts, which gathers what the modules bring/,
    },
    {
      what: 'a shared file of the contract that imports a module’s',
      files: { 'contract/lists.ts': `import { goal } from './alpha/goals.ts'\nexport const m = goal` },
      says: /contract\/lists\.ts:1: imports contract\/alpha\/, and every module may import it/,
    },
    {
      what: 'a folder of the contract for no module',
      files: { 'contract/shapes/more.ts': 'export const m = 1' },
      says: /contract\/shapes\/more\.ts:1: contract\/shapes\/ is no module's folder/,
    },
    {
      what: 'limits of a module that are not gathered',
      files: { 'contract/beta/limits.ts': 'export const betaLimits = 1' },
      says: /contract\/beta\/limits\.ts:1: is not gathered by contract\/limits\.ts/,
    },
    {
      what: 'an SDK that imports the server',
      files: { 'sdk/src/more.ts': `import { sql } from '@muster/server/platform/db/db'\nexport const m = sql` },
      says: /sdk\/src\/more\.ts:1: imports server\/src\/platform\/db\/db\.ts/,
    },
    {
      what: 'another workspace by a relative path',
      files: { 'sdk/src/more.ts': `import { goal } from '../../contract/alpha/goals.ts'\nexport const m = goal` },
      says: /by a relative path/,
    },
    {
      what: 'a test that the product imports',
      files: {
        [`${alpha}/alpha.test.ts`]: 'export const t = 1',
        [`${alpha}/more.service.ts`]: `import { t } from './alpha.test.ts'\nexport const m = t`,
      },
      says: /imports the test file/,
    },
    {
      what: 'a module that is not listed',
      files: { 'server/src/modules/gamma/gamma.port.ts': 'export type G = 1' },
      says: /app\/modules\.ts: does not list gamma/,
    },
    {
      what: 'a folder of fifteen files',
      files: Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [`${alpha}/more-${at}.rules.ts`, 'export const m = 1']),
      ),
      says: /modules\/alpha: holds 15 files/,
    },
  ]

  it.each(breaches)('goes red on $what', ({ files, says }) => {
    expect(problemsWith(files).join('\n')).toMatch(says)
  })

  it.each([
    ['ui that asks the server', 'ui/a.tsx', `import { useQuery } from '@tanstack/react-query'`, /ui\/ does without/],
    [
      'api that knows a screen',
      'api/a.ts',
      `import type { A } from '../features/goals/a.tsx'`,
      /api\/ stands below features/,
    ],
    [
      'a feature that knows another',
      'features/a/a.tsx',
      `import { b } from '../b/b.tsx'`,
      /features do not know each other/,
    ],
    [
      'a page that reaches into the server',
      'api/a.ts',
      `import { a } from '@muster/server/app/main'`,
      /through its API alone/,
    ],
    ['a page that needs Node', 'components/a.ts', `import { join } from 'node:path'`, /runs in a browser/],
  ])('goes red on %s', (_what, path, text, says) => {
    expect(problemsWith({ [`web/src/${path}`]: text }).join('\n')).toMatch(says)
  })

  const alphaFeature = 'web/src/features/a/a.feature.tsx'
  const page = {
    'web/src/app/features.ts': `import { a } from '../features/a/a.feature.tsx'\nexport const features = [a]`,
    [alphaFeature]: `import { createRoute } from '@tanstack/react-router'\nexport const a = createRoute(() => import('./page.tsx'))`,
    'web/src/features/a/page.tsx': 'export const page = 1',
  }

  it('finds nothing where a feature has its manifest and is listed', () => {
    expect(problemsWith(page)).toEqual([])
  })

  it.each([
    [
      'a feature without a manifest',
      { 'web/src/features/b/page.tsx': 'export const b = 1' },
      /features\/b: has no b\.feature\.tsx/,
    ],
    [
      'a manifest that is not listed',
      { 'web/src/features/b/b.feature.tsx': 'export const b = 1' },
      /app\/features\.ts: does not list b/,
    ],
    [
      'a route outside of the manifest',
      {
        'web/src/features/a/page.tsx': `import { createRoute as route } from '@tanstack/react-router'\nexport const r = route`,
      },
      /a\/page\.tsx:1: uses createRoute; routes are declared in/,
    ],
    [
      'a second manifest',
      {
        'web/src/features/a/more.feature.tsx': `import type { FeatureManifest } from '../../providers/feature-manifest.ts'\nexport type M = FeatureManifest`,
        'web/src/providers/feature-manifest.ts': 'export type FeatureManifest = 1',
      },
      /more\.feature\.tsx:1: uses FeatureManifest; a feature has one manifest/,
    ],
    [
      'a manifest that loads its page at once',
      { [alphaFeature]: `import { page } from './page.tsx'\nexport const a = page` },
      /a\.feature\.tsx:1: imports a file of its feature at once/,
    ],
    [
      'navigation in the shell',
      { 'web/src/app/shell/sidebar.tsx': `export const entry = { to: '/goals' }` },
      /sidebar\.tsx:1: names the path \/goals/,
    ],
    [
      'a shell that imports a page',
      { 'web/src/app/shell/shell.tsx': `import { page } from '../../features/a/page.tsx'\nexport const s = page` },
      /app\/ knows a feature by its manifest alone/,
    ],
    [
      'a manifest read elsewhere',
      { 'web/src/app/router.tsx': `import { a } from '../features/a/a.feature.tsx'\nexport const r = a` },
      /only web\/src\/app\/features\.ts reads manifests/,
    ],
  ])('goes red on %s', (_what, files, says) => {
    expect(problemsWith({ ...page, ...files }).join('\n')).toMatch(says)
  })

  it('lets tests import what they need', () => {
    const test = `import { store } from '../alpha/alpha.store.ts'\nimport pg from 'pg'\nexport const t = [store, pg]`
    expect(problemsWith({ [`${beta}/beta.test.ts`]: test })).toEqual([])
  })

  it('lets the rules that read text have their libraries', () => {
    const files = {
      'server/src/app/modules.ts': `export const addModules = (program) =>
        program.add('alpha', alphaModule).add('beta', betaModule).add('judge', judgeModule)`,
      'server/src/modules/judge/checks/schema.rules.ts': `import Ajv from 'ajv/dist/2020.js'\nexport const c = Ajv`,
    }
    expect(problemsWith(files)).toEqual([])
  })
})

describe('this repository', () => {
  it('keeps its layout', () => {
    expect(checkLayers(process.cwd())).toEqual([])
  })
})
