// What modules bring to the contract, gathered by kind: contract/gathered/<kind>.ts of every contract/<module>/<kind>.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { contractParts } from '../checks/layers/layer-rules.ts'
import { moduleOrder } from '../sources/module-order.ts'

/** Content by path. In the order of the modules; what belongs to none comes last. */
export function gatheredContract(root: string): Map<string, string> {
  const folders = [...moduleOrder(root).order, 'platform']
  return new Map(
    [...contractParts].map((file) => {
      const kind = file.replace(/\.ts$/, '')
      const modules = folders.filter((folder) => existsSync(join(root, 'contract', folder, file)))
      return [`contract/gathered/${file}`, gathered(kind, modules)]
    }),
  )
}

function gathered(kind: string, modules: readonly string[]): string {
  const words = kind.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
  const nameOf = (module: string) => `${module}${words.join('')}`
  return [
    `// Made from contract/*/${kind}.ts in the order of the modules by \`npm run generate\`; do not edit.`,
    ...modules.toSorted().map((module) => `import { ${nameOf(module)} } from '../${module}/${kind}.ts'`),
    '',
    `export const ${camelCase(words)}ByModule = {`,
    ...modules.map((module) => `  ${module}: ${nameOf(module)},`),
    '} as const',
    '',
  ].join('\n')
}

function camelCase([first = '', ...others]: readonly string[]): string {
  return [first.toLowerCase(), ...others].join('')
}
