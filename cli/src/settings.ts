import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { limits } from '@muster/contract/limits'
import { isObject } from '@muster/contract/platform/objects'
import type { Io } from './io.ts'

/** What the running server wrote about itself into its data directory. */
export interface ServerFile {
  readonly address: string
  readonly pid?: number
  readonly started_at?: string
  /** Where its lock listens, if not at `lock.sock` beside it. */
  readonly socket?: string
}

export interface Settings {
  readonly data_directory: string
  readonly address: string
  /** Where the address is from, to be named when nobody answers there. */
  readonly address_from: 'environment' | 'data_directory' | 'default'
  readonly key: string | null
  readonly server: ServerFile | null
}

/** The server’s address and the key: the environment first, else what the running server left in the data directory. */
export async function readSettings(io: Io): Promise<Settings> {
  const data_directory = resolve(io.cwd, io.env.MUSTER_DATA_DIR || limits.data_directory_default)
  const server = await readServerFile(data_directory)
  const key = io.env.MUSTER_KEY || (await readText(join(data_directory, 'first-key')))?.trim() || null
  return { data_directory, ...addressOf(io.env, server), key, server }
}

export function addressOf(env: Io['env'], server: ServerFile | null): Pick<Settings, 'address' | 'address_from'> {
  const port = env.MUSTER_PORT || env.PORT
  if (env.MUSTER_HOST || port) {
    const address = `http://${reachable(env.MUSTER_HOST || limits.host_default)}:${port || limits.port_default}`
    return { address, address_from: 'environment' }
  }
  if (server !== null) return { address: server.address, address_from: 'data_directory' }
  return { address: `http://${limits.host_default}:${limits.port_default}`, address_from: 'default' }
}

/** The address under which a server that binds to this host is reached from here. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

async function readServerFile(data_directory: string): Promise<ServerFile | null> {
  const text = await readText(join(data_directory, 'server.json'))
  if (text === null) return null
  try {
    return toServerFile(JSON.parse(text))
  } catch {
    return null
  }
}

function toServerFile(value: unknown): ServerFile | null {
  if (!isObject(value)) return null
  const { address, pid, started_at, socket } = value
  if (typeof address !== 'string' || !/^https?:\/\//.test(address)) return null
  return {
    address,
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(typeof started_at === 'string' ? { started_at } : {}),
    ...(typeof socket === 'string' ? { socket } : {}),
  }
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}
