import type { ApiKeyCreate } from '@muster/contract/identity/keys'
import { createKey, listKeys, revokeKey } from '@muster/contract/identity/operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { exportEnvironment } from '../config.ts'
import { type Context, group, leaf, type Printed, print, say, table, take } from '../context.ts'
import { CommandFailure } from '../failures.ts'

/** `muster keys …` */
export function keysCommand(context: Context): Command {
  return group('keys', 'make and revoke API keys', [
    createCommand(context),
    listCommand(context),
    revokeCommand(context),
    recoverCommand(context),
  ])
}

function createCommand({ io, connect }: Context): Command {
  return leaf('create', 'make a key: for another person, for an agent, or for a program that calls models')
    .argument('<name>')
    .option('--agent <agent>', 'id or name of the agent it works for')
    .option('--person <label>', 'whose key it is: keys with the same label count as one person in approvals')
    .option(
      '--permission <permission>',
      'what it may do, as models:use; may be repeated; absent: all yours may',
      collect,
    )
    .option('--requests-per-minute <n>', 'calls of models; absent: any number', integer(1))
    .option('--tokens-per-minute <n>', 'tokens of those calls, in and out; absent: any number', integer(1))
    .action(async (name: string, options: Printed & KeyOptions) => {
      const body = {
        name,
        agent_id: options.agent,
        person_label: options.person,
        permissions: options.permission as ApiKeyCreate['permissions'],
        model_requests_per_minute: options.requestsPerMinute,
        model_tokens_per_minute: options.tokensPerMinute,
      }
      const made = await (await connect()).call(createKey, { body })
      print({ io, ...options }, made, () => [made.key])
      say(io, 'The key is shown this once.')
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
  return leaf('list', 'list keys, without their secrets').action(async (options: Printed) => {
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
  return leaf('recover', 'make a key that may do everything, on the server itself: where the last one is lost')
    .option('--organization <organization>', 'its id or name; needed where there are several')
    .option('--data-dir <dir>', 'data directory (MUSTER_DATA_DIR)')
    .action(async (options: Printed & { readonly organization?: string; readonly dataDir?: string }) => {
      if (options.dataDir !== undefined) exportEnvironment({ MUSTER_DATA_DIR: options.dataDir })
      // Loaded here alone, so that every other command starts without the server.
      const { recoverKey } = await import('@muster/server/app/recover')
      const made = await recoverKey(options.organization).catch(refused)
      print({ io, ...options }, made, () => [made.key])
      const kept = made.is_first_key ? ' The data directory’s first-key holds it now.' : ''
      say(io, `The key may do everything in ${made.organization.name}, and is shown this once.${kept}`)
    })
}

/** Shows an expected failure of the server like a refusal of the API. */
function refused(error: unknown): never {
  if (!(error instanceof Error) || !('code' in error || error.name === 'DirectoryHeldError')) throw error
  const remedy = (error as { readonly detail?: { readonly remedy?: string } }).detail?.remedy
  throw new CommandFailure(exitCodes.refused, remedy === undefined ? error.message : `${error.message}\n${remedy}`)
}

function revokeCommand({ io, connect }: Context): Command {
  return leaf('revoke', 'revoke a key at once')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const key = await (await connect()).call(revokeKey, { params: { id } })
      print({ io, ...options }, key, () => [`${key.name} is revoked`])
    })
}
