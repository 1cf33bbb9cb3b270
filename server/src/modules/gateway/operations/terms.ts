/** Under which terms a call is made: whether an emergency stop is in force, and which limits hold. */
import { createBatcher } from '../../../platform/batcher.ts'
import type { Engine } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { CallsPort } from '../../budgets/calls.port.ts'
import type { ProjectsPort, StopScope } from '../../projects/projects.port.ts'
import type { CallScopes } from '../gateway.port.ts'

export interface TermsOptions {
  readonly engine: Engine
  readonly budgets: { readonly calls: Pick<CallsPort, 'terms'> }
  readonly projects: { readonly stops: Pick<ProjectsPort['stops'], 'inForce'> }
}

const items_max = 256

/**
 * Reads the terms of a call in the database, after the call has come: a stop that was raised before binds it. Calls that
 * come together share a read; nothing is written, so nothing is synced. Throws `stopped`.
 */
export function createTerms(options: TermsOptions): (scopes: CallScopes) => Promise<string> {
  const reading = createBatcher<CallScopes, string | undefined>({
    items_max,
    isCommon: isCommonFailure,
    write: (calls) => read(options, calls),
  })
  return async (scopes) => {
    const terms = await reading.add(scopes)
    if (terms === undefined) throw new MusterError('stopped', 'An emergency stop is in force: no model is called.')
    return terms
  }
}

/** The terms of each call; undefined where it is stopped. */
async function read(
  { engine, budgets, projects }: TermsOptions,
  calls: readonly CallScopes[],
): Promise<readonly (string | undefined)[]> {
  const scopes = [...new Map(calls.flatMap(stopScopes).map((scope) => [`${scope.kind} ${scope.id}`, scope])).values()]
  const organization_ids = [...new Set(calls.map(({ organization_id }) => organization_id))]
  let stopped: ReadonlySet<string> = new Set()
  let terms: ReadonlyMap<string, string> = new Map()
  await engine.transact(async (tx) => {
    // Sent with the commit behind them, all in one round trip.
    tx.beforeCommit(async () => {
      ;[stopped, terms] = await Promise.all([
        projects.stops.inForce(tx, scopes),
        budgets.calls.terms(tx, organization_ids),
      ])
    })
  })
  return calls.map((call) =>
    stopScopes(call).some(({ id }) => stopped.has(id)) ? undefined : (terms.get(call.organization_id) ?? ''),
  )
}

function stopScopes({ organization_id, project_id, agent_id }: CallScopes): readonly StopScope[] {
  const scopes: (StopScope | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}
