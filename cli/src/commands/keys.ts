import type { ApiKeyCreate } from '@muster/contract/identity/keys'
import { createKey, listKeys, revokeKey } from '@muster/contract/identity/operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import { fieldOf } from '@muster/contract/platform/objects'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { exportEnvironment } from '../config.ts'
import { type Context, group, leaf, type Printed, print, say, table, take } from '../context.ts'
import { CommandFailure } from '../failures.ts'

/** `muster keys …` */
export function keysCommand(context: Context): Command {
  return group('keys', 'manage API keys', [
    createCommand(context),
    listCommand(context),
    revokeCommand(context),
    recoverCommand(context),
  ])
}

function createCommand({ io, connect }: Context): Command {
  return leaf('create', 'create an API key for a person, an agent or model calls')
    .argument('<name>')
    .option('--agent <agent>', 'agent ID or name')
    .option('--permission <permission>', 'permission, such as models:use; repeatable; default: all of yours', collect)
    .option('--requests-per-minute <n>', 'model calls per minute; default: no limit', integer(1))
    .option('--tokens-per-minute <n>', 'model tokens per minute, input and output; default: no limit', integer(1))
    .action(async (name: string, options: Printed & KeyOptions) => {
      const body = {
        name,
        agent_id: options.agent,
        person_label: options.person,
        permissions: options.permission as ApiKeyCreate['permissions'],
        model_requests_per_minute: options.requestsPerMinute,
        model_tokens_per_minute: options.tokensPerMinute,
      }
      const newKey = await (await connect()).call(createKey, { body })
      print({ io, ...options }, newKey, () => [newKey.key])
      say(io, 'Copy the key now. It will not be shown again.')
    })
}

interface KeyOptions {
  readonly agent?: string
  readonly person?: string
  readonly permission?: readonly string[]
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list API keys').action(async (options: Printed) => {
    const keys = await take((await connect()).list(listKeys), 10_000)
    print({ io, ...options }, keys, () => {
      const rows = keys.map((key) => [
        key.id,
        key.name,
        key.agent_id ?? key.person_label ?? 'person',
        key.revoked_at === undefined ? 'active' : 'revoked',
        key.last_used_at ?? 'never',
      ])
      return table(['id', 'name', 'for', 'status', 'last used'], rows)
    })
  })
}

function recoverCommand({ io }: Context): Command {
  return leaf('recover', 'create an admin key on the server, if you lost the last one')
    .option('--organization <organization>', 'organization ID or name, if there are several')
    .option('--data-dir <dir>', 'data directory (MUSTER_DATA_DIR)')
    .action(async (options: Printed & { readonly organization?: string; readonly dataDir?: string }) => {
      if (options.dataDir !== undefined) exportEnvironment({ MUSTER_DATA_DIR: options.dataDir })
      // Loaded here alone, so that every other command starts without the server.
      const { recoverKey } = await import('@muster/server/app/recover')
      const recoveredKey = await recoverKey(options.organization).catch(rethrowAsFailure)
      print({ io, ...options }, recoveredKey, () => [recoveredKey.key])
      const savedNote = recoveredKey.is_first_key ? ' It is saved as first-key in the data directory.' : ''
      say(
        io,
        `The key has all permissions in ${recoveredKey.organization.name}. Copy it now. It will not be shown again.${savedNote}`,
      )
    })
}

/** What is expected to go wrong on the server is told like what the API refuses. */
function rethrowAsFailure(error: unknown): never {
  if (!(error instanceof Error) || !('code' in error || error.name === 'DirectoryHeldError')) throw error
  const remedy = fieldOf(fieldOf(error, 'detail'), 'remedy')
  throw new CommandFailure(exitCodes.refused, remedy === undefined ? error.message : `${error.message}\n${remedy}`)
}

function revokeCommand({ io, connect }: Context): Command {
  return leaf('revoke', 'revoke an API key')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const key = await (await connect()).call(revokeKey, { params: { id } })
      print({ io, ...options }, key, () => [`${key.name} revoked`])
    })
}
