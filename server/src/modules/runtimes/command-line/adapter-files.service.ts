import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { AdapterError, type CommandLineAdapter, parseAdapter } from './adapter.rules.ts'

const file_bytes_max = 64 * 1024
const files_max = 200

/**
 * Reads the adapter files: those that come with the server and those of the operator's folder, which win where names
 * are equal. @throws AdapterError naming the file at fault, so that an operator's mistake shows at start.
 */
export function readAdapters(folder?: string): ReadonlyMap<string, CommandLineAdapter> {
  const adapters = [...readFolder(shippedFolder()), ...(folder === undefined ? [] : readFolder(folder))]
  return new Map(adapters.map((adapter) => [adapter.name, adapter]))
}

function readFolder(folder: string): CommandLineAdapter[] {
  const names = list(folder).filter((name) => /\.(ya?ml|json)$/.test(name))
  if (names.length > files_max)
    throw new AdapterError(`${folder} has ${names.length} files; the limit is ${files_max}.`)
  const adapters = names.sort().map((name) => readOne(join(folder, name)))
  const twice = adapters.find(({ name }, at) => adapters.findIndex((other) => other.name === name) !== at)
  if (twice) throw new AdapterError(`${folder} describes ${twice.name} twice.`)
  return adapters
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    throw new AdapterError(`${folder} is not a readable folder.`)
  }
}

/** JSON is YAML too. */
function readOne(file: string): CommandLineAdapter {
  if (statSync(file).size > file_bytes_max) throw new AdapterError(`${file} is larger than ${file_bytes_max} bytes.`)
  return parseAdapter(parseFile(file), file)
}

function parseFile(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new AdapterError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The folder is beside this file in the sources, and beside the bundle of the built program. */
function shippedFolder(): string {
  const from = import.meta.url
  return fileURLToPath(new URL(from.endsWith('.ts') ? './adapters/' : './command-lines/', from))
}
