import { createKey, listKeys, revokeKey } from '@muster/contract/operations/identity'
import type { Command } from 'commander'
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
  return leaf('create', 'make a key: for another person, or for an agent')
    .argument('<name>')
    .option('--agent <agent>', 'id or name of the agent it works for')
    .action(async (name: string, options: Printed & { agent?: string }) => {
      const body = { name, ...(options.agent === undefined ? {} : { agent_id: options.agent }) }
      const made = await (await connect()).call(createKey, { body })
      print({ io, ...options }, made, () => [made.key])
      say(io, 'The key is shown this once.')
    })
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
