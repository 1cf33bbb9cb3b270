import type { Tx } from '../../platform/db/db.ts'
import { chainOf, keyIdOf, type Principal } from '../../platform/principal.ts'
import type { Person } from './identity.port.ts'
import { personId } from './identity.rules.ts'
import { identityStore } from './identity.store.ts'

/** Finds the person behind a principal by the keys of its label and family. */
export async function personOf(tx: Tx, organization_id: string, principal: Principal): Promise<Person> {
  const key_id = keyIdOf(principal)
  const keys = key_id === null ? [] : await identityStore.keysOfPerson(tx, organization_id, key_id)
  const label = keys.find(({ id }) => id === key_id)?.person_label ?? null
  const ownIds = chainOf(principal).map(({ id }) => id)
  return {
    id: label === null ? principal.id : personId(label),
    ids: new Set([
      ...ownIds,
      ...keys.flatMap(({ id, person_label }) => (person_label === null ? [id] : [id, personId(person_label)])),
    ]),
    agent_ids: new Set(keys.flatMap((key) => (key.agent_id === null ? [] : [key.agent_id]))),
  }
}
