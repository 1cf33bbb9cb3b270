import type { DataDirectory } from '../platform/data-directory.ts'
import type { Program } from './compose.ts'

export interface FirstKey {
  /** The key of the first organization's owner, where this data directory has it. */
  readonly key: string | undefined
  /** Whether the first start is not complete: this one made the organization, or one that failed before it told the key. */
  readonly fresh: boolean
}

/**
 * Creates the first organization with its built-in agent on an empty database. Its key is written to the data directory
 * with mode 0600 right after the commit and before anything is answered. A start that fails on the way leaves the rest to
 * the next one, which makes another key where the first was lost between the two.
 */
export async function firstKey(
  { identity, agents, engine, tools }: Program,
  { directory }: { readonly directory: Pick<DataDirectory, 'readSecret' | 'writeSecret' | 'first_start'> },
): Promise<FirstKey> {
  const capabilities = [...tools.capabilities.keys()]
  const firstOrganization = await engine.transact((tx) => identity.firstOrganization(tx))
  if (firstOrganization) {
    await engine.transact((tx) => agents.ensureBuiltin(tx, firstOrganization.organization_id, capabilities))
    const key = directory.readSecret('first-key')
    if (!directory.first_start.isOpen() || key !== undefined) return { key, fresh: directory.first_start.isOpen() }
    const recovered = await identity.recoverKey(firstOrganization.organization_id)
    directory.writeSecret('first-key', recovered.key)
    return { key: recovered.key, fresh: true }
  }
  directory.first_start.begin()
  const organization = await identity.createOrganization('default', async (tx, organization_id) => {
    await agents.ensureBuiltin(tx, organization_id, capabilities)
  })
  directory.writeSecret('first-key', organization.key)
  return { key: organization.key, fresh: true }
}
