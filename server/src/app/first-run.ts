import type { DataDirectory } from '../platform/data-directory.ts'
import type { Program } from './compose.ts'

/**
 * Creates the first organization with its built-in agent on an empty database. Its key is written to the data directory
 * with mode 0600 right after the commit and before anything is answered; after a crash in between, `muster keys
 * recover` makes another one (docs/how-to/recover-a-key.md).
 */
export async function firstKey(
  { identity, agents, engine, tools }: Program,
  { directory }: { readonly directory: Pick<DataDirectory, 'readSecret' | 'writeSecret'> },
): Promise<{ readonly key: string | undefined; readonly fresh: boolean }> {
  const capabilities = [...tools.capabilities.keys()]
  const firstOrganization = await engine.transact((tx) => identity.firstOrganization(tx))
  if (firstOrganization) {
    await engine.transact((tx) => agents.ensureBuiltin(tx, firstOrganization.organization_id, capabilities))
    return { key: directory.readSecret('first-key'), fresh: false }
  }
  const organization = await identity.createOrganization('default', async (tx, organization_id) => {
    await agents.ensureBuiltin(tx, organization_id, capabilities)
  })
  directory.writeSecret('first-key', organization.key)
  return { key: organization.key, fresh: true }
}
