/** Under which terms a call is made: whether its key is good, an emergency stop is in force, and which limits hold. */
import { createBatcher } from '../../../platform/batcher.ts'
import type { Engine } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { CallsPort } from '../../budgets/calls.port.ts'
import type { IdentityPort, KeyRef } from '../../identity/identity.port.ts'
import type { ProjectsPort, StopScope } from '../../projects/projects.port.ts'
import type { CallScopes } from '../gateway.port.ts'

export interface TermsOptions {
  readonly engine: Engine
  readonly budgets: { readonly calls: Pick<CallsPort, 'terms'> }
  readonly identity: Pick<IdentityPort, 'keysInForce'>
  readonly projects: { readonly stops: Pick<ProjectsPort['stops'], 'inForce'> }
}

const items_max = 256

export interface Terms {
  /** Throws `unauthenticated` for a key that was revoked before this was asked. */
  prove(key: KeyRef): Promise<void>
  /** The terms that a call is made under. Throws `unauthenticated`, and `stopped` where a stop was raised before this. */
  of(call: CallScopes & { readonly key_id: string | null }): Promise<string>
}

type Question = { readonly key: KeyRef } | { readonly scopes: CallScopes }

/** Reads in the database, after the call has come. Calls that come together share a read, and nothing is synced for it. */
export function createTerms(options: TermsOptions): Terms {
  const reading = createBatcher<Question, string | MusterError>({
    items_max,
    isCommon: isCommonFailure,
    write: (questions) => read(options, questions),
  })
  async function ask(question: Question): Promise<string> {
    const answer = await reading.add(question)
    if (typeof answer !== 'string') throw answer
    return answer
  }
  return {
    prove: async (key) => void (await ask({ key })),
    async of(call) {
      const { organization_id, key_id } = call
      const proof = key_id === null ? '' : ask({ key: { organization_id, key_id } })
      const [terms] = await Promise.all([ask({ scopes: call }), proof])
      return terms
    },
  }
}

async function read(
  { engine, budgets, identity, projects }: TermsOptions,
  questions: readonly Question[],
): Promise<readonly (string | MusterError)[]> {
  const calls = questions.flatMap((one) => ('scopes' in one ? [one.scopes] : []))
  const scopes = byId(calls.flatMap(stopScopes), ({ id }) => id)
  const keys = byId(
    questions.flatMap((one) => ('key' in one ? [one.key] : [])),
    ({ key_id }) => key_id,
  )
  const organization_ids = [...new Set(calls.map(({ organization_id }) => organization_id))]
  let good: ReadonlySet<string> = new Set()
  let stopped: ReadonlySet<string> = new Set()
  let terms: ReadonlyMap<string, string> = new Map()
  await engine.transact(async (tx) => {
    // Sent with the commit behind them, all in one round trip.
    tx.beforeCommit(async () => {
      ;[good, stopped, terms] = await Promise.all([
        identity.keysInForce(tx, keys),
        projects.stops.inForce(tx, scopes),
        budgets.calls.terms(tx, organization_ids),
      ])
    })
  })
  return questions.map((one) => {
    if ('key' in one) return good.has(one.key.key_id) ? '' : new MusterError('unauthenticated', 'The key was revoked.')
    if (stopScopes(one.scopes).some(({ id }) => stopped.has(id)))
      return new MusterError('stopped', 'An emergency stop is in force: no model is called.')
    return terms.get(one.scopes.organization_id) ?? ''
  })
}

function byId<Item>(items: readonly Item[], idOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map((item) => [idOf(item), item])).values()]
}

function stopScopes({ organization_id, project_id, agent_id }: CallScopes): readonly StopScope[] {
  const scopes: (StopScope | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}
