import type { Mention } from '../../sources/source-files.ts'
import { kindOf, kindRules, platformLibraries, pureNodeModules, textFolders, textLibraries } from './layer-rules.ts'

const modulesFolder = 'server/src/modules/'
const platformFolder = 'server/src/platform/'

/** What is wrong with one mention in a file of a module, or undefined. The contract and zod were let through before. */
export function checkModuleFile(path: string, mention: Mention, order: readonly string[]): string | undefined {
  const from = placeOf(path)
  if (mention.file === undefined) return libraryProblem(from, mention.package ?? '')
  if (mention.file.startsWith(platformFolder)) return platformUseProblem(from, mention)
  if (!mention.file.startsWith(modulesFolder)) return `imports ${mention.file}; app/ puts modules together, not they it`
  const to = placeOf(mention.file)
  return to.module === from.module ? ownFileProblem(from, to) : portProblem({ from, to, mention, order })
}

interface Place {
  readonly module: string
  /** The path inside the module. */
  readonly rest: string
}

function placeOf(path: string): Place {
  const [module = '', ...rest] = path.slice(modulesFolder.length).split('/')
  return { module, rest: rest.join('/') }
}

function ownFileProblem(from: Place, to: Place): string | undefined {
  const kind = kindOf(from.rest)
  const other = kindOf(to.rest)
  return kindRules[kind].own.includes(other) ? undefined : `a ${kind} file imports the ${other} file ${to.rest}`
}

interface PortUse {
  readonly from: Place
  readonly to: Place
  readonly mention: Mention
  readonly order: readonly string[]
}

function portProblem({ from, to, mention, order }: PortUse): string | undefined {
  const fills = /^[^/]+\.extensions\.ts$/.test(to.rest) && kindOf(from.rest) === 'module'
  if (!fills && !/^[^/]+\.port\.ts$/.test(to.rest))
    return `imports ${to.module}/${to.rest}; of other modules only the port is imported, and by a manifest its extension points`
  if (order.indexOf(to.module) >= order.indexOf(from.module)) {
    return `imports ${to.module}, which does not stand earlier than ${from.module} in app/modules.ts`
  }
  if (fills) return undefined
  const kind = kindOf(from.rest)
  const { ports } = kindRules[kind]
  if (ports === 'no') return `a ${kind} file imports the port of ${to.module}`
  if (ports === 'types' && !mention.is_type_only) return `a ${kind} file imports values from the port of ${to.module}`
  return undefined
}

function platformUseProblem(from: Place, mention: Mention): string | undefined {
  const kind = kindOf(from.rest)
  const rule = kindRules[kind]
  const place = mention.file?.slice(platformFolder.length) ?? ''
  const isOpen = rule.platform.some((open) => open === '*' || place === `${open}.ts` || place.startsWith(`${open}/`))
  if (!isOpen) return `a ${kind} file imports platform/${place}`
  if (rule.platform_types_only && !mention.is_type_only) return `a ${kind} file imports values from platform/${place}`
  return undefined
}

function libraryProblem(from: Place, name: string): string | undefined {
  const kind = kindOf(from.rest)
  const rule = kindRules[kind]
  if (name.startsWith('node:')) {
    return rule.io || pureNodeModules.has(name)
      ? undefined
      : `a ${kind} file imports ${name}, which does input or output`
  }
  if (platformLibraries.has(name)) return `imports ${name}, which belongs into platform/`
  if (textLibraries.has(name)) {
    const isTextFolder = textFolders.some((folder) => `${from.module}/${from.rest}`.startsWith(folder))
    return rule.text_libraries || isTextFolder ? undefined : `a ${kind} file imports ${name}`
  }
  return rule.other_libraries ? undefined : `imports ${name}; an outside library belongs into adapters/`
}
