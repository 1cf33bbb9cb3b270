import type { DataDirectory } from '../platform/data-directory.ts'
import type { Program } from './compose.ts'

/**
 * Makes the first organization with its built-in agent on an empty database. Its key is kept 0600 in the data directory
 * before anything is answered; it is nowhere else, so a crash in between leaves an organization that `muster keys` cannot
 * reach: the file is written inside the transaction's last step.
 */
export async function firstKey(
  { identity, agents, engine, tools }: Program,
  { directory }: { readonly directory: Pick<DataDirectory, 'readSecret' | 'writeSecret'> },
): Promise<{ readonly key: string | undefined; readonly fresh: boolean }> {
  const capabilities = [...tools.capabilities.keys()]
  const known = await engine.transact((tx) => identity.firstOrganization(tx))
  if (known) {
    await engine.transact((tx) => agents.ensureBuiltin(tx, known.organization_id, capabilities))
    return { key: directory.readSecret('first-key'), fresh: false }
  }
  const made = await identity.createOrganization('default', async (tx, organization_id) => {
    await agents.ensureBuiltin(tx, organization_id, capabilities)
  })
  directory.writeSecret('first-key', made.key)
  return { key: made.key, fresh: true }
}
