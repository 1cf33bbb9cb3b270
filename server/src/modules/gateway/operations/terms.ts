/** Under which terms a call is made: whether its key is good, an emergency stop is in force, and which limits hold. */
import { createBatcher } from '../../../platform/batcher.ts'
import type { Engine } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { CallScopes } from '../gateway.port.ts'
import { type AskedTerm, type FoundTerm, termsStore } from '../store/terms.store.ts'

export interface Terms {
  /** Throws `unauthenticated` for a key that was revoked before this was asked. */
  prove(key: Pick<KeyedCall, 'organization_id' | 'key_id'>): Promise<void>
  /** The terms that a call is made under. Throws `unauthenticated`, and `stopped` where a stop was raised before this. */
  of(call: KeyedCall): Promise<string>
}

/** Without a key it is a call of ours. */
export interface KeyedCall extends CallScopes {
  readonly key_id: string | null
}

const items_max = 256

/** Reads in the database, after the call has come. Calls that come together share a read, and nothing is synced for it. */
export function createTerms({ engine }: { readonly engine: Engine }): Terms {
  const reading = createBatcher<readonly AskedTerm[], ReadonlyMap<string, string>>({
    items_max,
    isCommon: isCommonFailure,
    async write(questions) {
      const found = await read(engine, distinct(questions.flat()))
      return questions.map(() => found)
    },
  })
  return {
    async prove(key) {
      const asked = keyOf(key)
      refuse(asked, await reading.add(asked))
    },
    async of(call) {
      const { organization_id } = call
      const asked = [...keyOf(call), ...stopScopes(call)]
      const terms: AskedTerm = { organization_id, kind: 'terms', id: organization_id }
      const found = await reading.add([...asked, terms])
      refuse(asked, found)
      return found.get(nameOf(terms)) ?? ''
    },
  }
}

async function read(engine: Engine, asked: readonly AskedTerm[]): Promise<ReadonlyMap<string, string>> {
  let rows: readonly FoundTerm[] = []
  await engine.transact(async (tx) => {
    // Sent with the commit behind it, in one round trip.
    tx.beforeCommit(async () => {
      rows = await termsStore.read(tx, asked)
    })
  })
  return new Map(rows.flatMap((row) => (row.found === null ? [] : [[nameOf(row), row.found] as const])))
}

function refuse(asked: readonly AskedTerm[], found: ReadonlyMap<string, string>): void {
  for (const one of asked) {
    const isFound = found.has(nameOf(one))
    if (one.kind === 'key' && !isFound) throw new MusterError('unauthenticated', 'The key was revoked.')
    if (one.kind !== 'key' && isFound)
      throw new MusterError('stopped', 'An emergency stop is in force: no model is called.')
  }
}

const nameOf = ({ kind, id }: AskedTerm): string => `${kind} ${id}`

function distinct(asked: readonly AskedTerm[]): readonly AskedTerm[] {
  return [...new Map(asked.map((one) => [nameOf(one), one])).values()]
}

function keyOf({ organization_id, key_id }: Pick<KeyedCall, 'organization_id' | 'key_id'>): readonly AskedTerm[] {
  return key_id === null ? [] : [{ organization_id, kind: 'key', id: key_id }]
}

function stopScopes({ organization_id, project_id, agent_id }: CallScopes): readonly AskedTerm[] {
  const scopes: (AskedTerm | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}
