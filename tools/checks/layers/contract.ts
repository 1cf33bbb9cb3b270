// The order of the modules in the contract: contract/<module>/ may mention earlier modules' folders alone.

import type { Mention, SourceFile } from '../../sources/source-files.ts'
import { contractParts, contractShared } from './layer-rules.ts'

/** What belongs to no module; every module's folder may import it. */
const moduleless = new Set<string | undefined>(['platform', 'texts'])
/** Made by `npm run generate`: imports of what every module brings, by kind. */
const gathered_folder = 'gathered'
/** The description of the whole API, made from what is gathered. */
const openapi_folder = 'openapi'

/** What is wrong with one mention in a file of the contract, or undefined. */
export function contractProblem(path: string, { file }: Mention, order: readonly string[]): string | undefined {
  if (!file?.startsWith('contract/')) return undefined
  const from = placeOf(path)
  const to = placeOf(file)
  if (from.folder === gathered_folder || from.folder === openapi_folder) return undefined
  const isShared = to.folder === undefined && contractShared.has(to.name)
  if (isShared || moduleless.has(to.folder) || to.folder === from.folder) return undefined
  if (from.folder === undefined) return sharedProblem(from, to)
  if (to.folder === undefined) return `imports contract/${to.name}, which gathers what the modules bring`
  return isEarlier(to.folder, from.folder, order)
    ? undefined
    : `imports contract/${to.folder}/, which does not stand earlier than ${from.folder} in app/modules.ts`
}

/** Folders of no module, and parts that the file of their name at the root does not gather. */
export function checkContractFolders(sources: readonly SourceFile[], order: readonly string[]): string[] {
  const files = sources.filter(({ path }) => path.startsWith('contract/'))
  const gathered = new Set(
    files
      .filter(({ path }) => [undefined, gathered_folder].includes(placeOf(path).folder))
      .flatMap(({ mentions }) => mentions.map(({ file }) => file)),
  )
  return files.flatMap(({ path }) => {
    const { folder, name } = placeOf(path)
    if (folder === undefined || folder === gathered_folder || folder === openapi_folder) return []
    if (!moduleless.has(folder) && !order.includes(folder))
      return [`${path}:1: contract/${folder}/ is no module's folder`]
    const isLost = contractParts.has(name) && !gathered.has(path)
    return isLost ? [`${path}:1: is not gathered by contract/${name}`] : []
  })
}

interface Place {
  /** Undefined at the root of the contract. */
  readonly folder: string | undefined
  readonly name: string
}

function placeOf(path: string): Place {
  const [, ...rest] = path.split('/')
  return { folder: rest.length > 1 ? rest[0] : undefined, name: rest.at(-1) ?? '' }
}

/** What gathers may import everything; a file that all modules import, only its own parts: `events.ts` each `<module>/events.ts`. */
function sharedProblem(from: Place, to: Place): string | undefined {
  if (!contractShared.has(from.name) || (to.folder !== undefined && to.name === from.name)) return undefined
  return `imports contract/${to.folder === undefined ? to.name : `${to.folder}/`}, and every module may import it`
}

function isEarlier(folder: string, than: string, order: readonly string[]): boolean {
  return order.includes(folder) && order.indexOf(folder) < order.indexOf(than)
}
