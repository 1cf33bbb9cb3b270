/** What a file is, from its infix or its folder; the table below says what it may import. */
export type Kind =
  | 'port'
  | 'extensions'
  | 'functions'
  | 'types'
  | 'rules'
  | 'plain'
  | 'store'
  | 'service'
  | 'jobs'
  | 'routes'
  | 'module'
  | 'adapter'
  | 'thread'

interface KindRule {
  /** Kinds of files of the same module. */
  readonly own: readonly Kind[]
  /** Places below server/src/platform/; `*` is all of it. */
  readonly platform: readonly string[]
  /** Whether files of these kinds see platform's types only. */
  readonly platform_types_only?: true
  /** Ports of modules that stand earlier: no, their types, or all. */
  readonly ports: 'no' | 'types' | 'yes'
  /** Libraries that only turn text into values and back. */
  readonly text_libraries: boolean
  readonly other_libraries: boolean
  /** Node's modules that do input or output. */
  readonly io: boolean
}

/** Errors, JSON and texts: the same answer for the same values. */
const computing = [
  'concurrency/steps',
  'errors',
  'json',
  'module/attention-source',
  'module/search-source',
  'principal',
  'text',
  'threads/bounded-function',
]
const harmless = [...computing, 'ids']
const pure: readonly Kind[] = ['port', 'types', 'rules', 'plain']
const everything: readonly Kind[] = [...pure, 'extensions', 'store', 'service', 'jobs', 'adapter', 'thread']
const nothing = { platform: [], ports: 'no', text_libraries: false, other_libraries: false, io: false } as const

/** The contract and zod are open to all, so they do not stand here. */
export const kindRules: Readonly<Record<Kind, KindRule>> = {
  port: {
    ...nothing,
    own: ['port', 'types'],
    platform: ['db', 'journal', 'principal'],
    platform_types_only: true,
    ports: 'types',
  },
  types: {
    ...nothing,
    own: ['port', 'types', 'rules'],
    platform: ['db', 'journal', 'principal'],
    platform_types_only: true,
    ports: 'types',
  },
  functions: { ...nothing, own: everything, ports: 'types' },
  extensions: { ...nothing, own: ['port', 'types'], platform: ['module/extension-point'] },
  rules: { ...nothing, own: ['port', 'types', 'rules'], platform: computing, ports: 'types' },
  plain: { ...nothing, own: pure, platform: harmless, ports: 'types', text_libraries: true },
  store: { ...nothing, own: [...pure, 'store'], platform: ['db', ...harmless], ports: 'types', text_libraries: true },
  service: { own: everything, platform: ['*'], ports: 'yes', text_libraries: true, other_libraries: false, io: true },
  jobs: { own: everything, platform: ['*'], ports: 'yes', text_libraries: true, other_libraries: false, io: true },
  routes: {
    ...nothing,
    own: ['port', 'types', 'plain', 'service', 'routes'],
    platform: ['http', ...harmless],
    text_libraries: true,
    io: true,
  },
  module: {
    own: [...everything, 'routes', 'module'],
    platform: ['*'],
    ports: 'types',
    text_libraries: false,
    other_libraries: false,
    io: true,
  },
  adapter: {
    own: [...pure, 'adapter', 'thread'],
    platform: ['*'],
    ports: 'no',
    text_libraries: true,
    other_libraries: true,
    io: true,
  },
  thread: {
    own: [...pure, 'thread'],
    platform: ['*'],
    ports: 'no',
    text_libraries: true,
    other_libraries: false,
    io: true,
  },
}

const infixes: Readonly<Record<string, Kind>> = {
  port: 'port',
  extensions: 'extensions',
  functions: 'functions',
  types: 'types',
  rules: 'rules',
  store: 'store',
  service: 'service',
  jobs: 'jobs',
  routes: 'routes',
  module: 'module',
  thread: 'thread',
}

const folders: Readonly<Record<string, Kind>> = {
  store: 'store',
  operations: 'service',
  calls: 'service',
  cache: 'service',
  providers: 'service',
  jobs: 'jobs',
  routes: 'routes',
  rules: 'rules',
}

/** The kind of a file from its path inside its module, such as `store/claims.ts`. */
export function kindOf(inModule: string): Kind {
  const parts = inModule.split('/')
  if (parts[0] === 'adapters') return 'adapter'
  const name = parts.at(-1) ?? ''
  const infix = name.split('.').at(-2) ?? ''
  const byInfix = name.split('.').length > 2 ? infixes[infix] : undefined
  return byInfix ?? folders[parts[0] ?? ''] ?? 'plain'
}

/** Folders whose rules read text, where the libraries for it belong. */
export const textFolders = ['judge/checks/', 'tools/text/']

export const textLibraries = new Set([
  'yaml',
  'ajv',
  're2js',
  'parse5',
  'mdast',
  'mdast-util-from-markdown',
  'mdast-util-to-string',
  '@marcbachmann/cel-js',
  'fflate',
])

/** Outside systems that the whole product stands on: in platform/ and nowhere else. */
export const platformLibraries = new Set([
  'pg',
  'kysely',
  '@electric-sql/pglite',
  '@electric-sql/pglite-pgvector',
  'fastify',
  '@fastify/multipart',
  'ws',
  'pino',
  'prom-client',
  'swagger-ui-dist',
  'redoc',
])

/** Node's modules that compute and touch nothing outside. */
export const pureNodeModules = new Set([
  'node:assert',
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:querystring',
  'node:string_decoder',
  'node:url',
  'node:util',
])

/**
 * Files at the root of the contract that every module's folder may import: what all shapes are made of, and the names of
 * permissions and events, any of which a shape may hold.
 */
export const contractShared = new Set([
  'attention.ts',
  'events.ts',
  'ids.ts',
  'lists.ts',
  'operation.ts',
  'permissions.ts',
  'search.ts',
  'task-kinds.ts',
  'units.ts',
  'values.ts',
  'version.ts',
])

/** What a module's folder of the contract may hold for the file of the same name at the root, which gathers it. */
export const contractParts = new Set([
  'attention.ts',
  'errors.ts',
  'events.ts',
  'limits.ts',
  'operations.ts',
  'permissions.ts',
  'search.ts',
  'task-kinds.ts',
])

/** What the other workspaces may import beside themselves. */
export const workspaceRules: readonly {
  readonly folder: string
  readonly folders: readonly string[]
  readonly packages: readonly string[]
  readonly node: boolean
}[] = [
  { folder: 'contract/', folders: [], packages: ['zod'], node: false },
  { folder: 'sdk/src/', folders: ['contract/'], packages: ['zod'], node: true },
  {
    folder: 'cli/src/',
    folders: ['contract/', 'sdk/src/', 'server/src/'],
    packages: ['zod', 'commander', 'string-width'],
    node: true,
  },
  { folder: 'examples/', folders: ['contract/', 'sdk/src/'], packages: ['zod'], node: true },
]

/** The files that may read process.env. */
export const environmentReaders = new Set(['server/src/platform/config.ts', 'cli/src/config.ts'])

export const moduleFilesMax = 14
