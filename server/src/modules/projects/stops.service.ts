import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { invariant, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { NewEvent } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { ProjectsPort, StopRecord, StopScope } from './projects.port.ts'
import { projectsStore } from './projects.store.ts'
import { type StopRow, stopsStore } from './stops.store.ts'

interface StopsOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly dispatch: Dispatch
}

/**
 * Emergency stops as callers raise and lift them. Whoever claims, judges or commits tests them under their own locks
 * (invariant 20), and holders of leases give them back on `stop.raised`.
 */
export function createStops(options: StopsOptions) {
  const { transactions } = options
  const port = createBook(options)
  return {
    port,

    raise: (
      caller: Caller,
      kind: 'organization' | 'project',
      { id, reason }: { readonly id: string; readonly reason: string },
    ): Promise<StopRecord> =>
      transactions.write(caller, async (tx) => {
        const scope = { organization_id: caller.organization_id, kind, id }
        await flag(tx, scope, true)
        return port.raise(tx, scope, { reason, actor: caller.principal })
      }),

    lift: (caller: Caller, kind: 'organization' | 'project', id: string): Promise<StopRecord> =>
      transactions.write(caller, async (tx) => {
        const scope = { organization_id: caller.organization_id, kind, id }
        await flag(tx, scope, false)
        const liftedStop = await port.lift(tx, scope, caller.principal)
        if (liftedStop === undefined) throw notFound(`emergency stop of the ${kind}`, id)
        return liftedStop
      }),
  }
}

function createBook({ journal, dispatch }: StopsOptions): ProjectsPort['stops'] {
  function record(
    tx: Tx,
    scope: StopScope,
    event: Pick<NewEvent, 'type' | 'actor'> & { readonly stop_id: string },
  ): void {
    const { type, actor, stop_id } = event
    const project = scope.kind === 'project' ? { project_id: scope.id } : {}
    const data = { stop_id, scope_kind: scope.kind, scope_id: scope.id }
    journal.record(tx, scope.organization_id, [{ type, actor, ...project, data }])
  }

  return {
    async raise(tx, scope, { reason, actor }) {
      const raisedStop = await stopsStore.raise(tx, scope, { id: newId(), reason, actor })
      if (raisedStop) record(tx, scope, { type: 'stop.raised', actor, stop_id: raisedStop.id })
      const row = raisedStop ?? (await stopsStore.inForce(tx, scope))
      invariant(row, 'a stop that could not be raised is in force')
      return presentStop(row)
    },

    async lift(tx, scope, actor) {
      const row = await stopsStore.lift(tx, scope, actor)
      if (row === undefined) return undefined
      record(tx, scope, { type: 'stop.lifted', actor, stop_id: row.id })
      for (const queue of ['task_queue', 'review_queue'] as const) dispatch.announce(tx, queue)
      return presentStop(row)
    },

    inForce: async (tx, scopes) => new Set(scopes.length > 0 ? await stopsStore.scopesInForce(tx, scopes) : []),
  }
}

/** Sets or clears the flag that claims and commits test, after those under way. */
async function flag(tx: Tx, scope: StopScope, stopped: boolean): Promise<void> {
  const { organization_id, id } = scope
  if (scope.kind === 'project') {
    const project = await projectsStore.lock(tx, { organization_id, project_id: id })
    if (project === undefined) throw notFound('project', id)
    return stopsStore.flagProject(tx, scope, stopped)
  }
  if (id !== organization_id) throw notFound('organization', id)
  await projectsStore.lockOrganization(tx, organization_id, 'alone')
  return stopsStore.flagOrganization(tx, organization_id, stopped)
}

function presentStop(row: StopRow): StopRecord {
  const { id, scope_kind, scope_id, reason, raised_by, raised_at, lifted_by, lifted_at } = row
  const liftFields = lifted_by === null || lifted_at === null ? {} : { lifted_by, lifted_at }
  return { id, scope: { kind: scope_kind, id: scope_id }, reason, raised_by, raised_at, ...liftFields }
}
