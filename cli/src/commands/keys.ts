import { createKey, listKeys, revokeKey } from '@muster/contract/operations/identity'
import type { ApiKeyCreate } from '@muster/contract/shapes/keys'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, say, table, take } from '../context.ts'

/** `muster keys …` */
export function keysCommand(context: Context): Command {
  return group('keys', 'make and revoke API keys', [
    createCommand(context),
    listCommand(context),
    revokeCommand(context),
  ])
}

function createCommand({ io, connect }: Context): Command {
  return leaf('create', 'make a key: for another person, for an agent, or for a program that calls models')
    .argument('<name>')
    .option('--agent <agent>', 'id or name of the agent it works for')
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
        key.agent_id ?? 'person',
        key.revoked_at === undefined ? 'active' : 'revoked',
        key.last_used_at ?? 'never',
      ])
      return table(['id', 'name', 'for', 'status', 'last used'], rows)
    })
  })
}

function revokeCommand({ io, connect }: Context): Command {
  return leaf('revoke', 'revoke a key at once')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const key = await (await connect()).call(revokeKey, { params: { id } })
      print({ io, ...options }, key, () => [`${key.name} is revoked`])
    })
}
