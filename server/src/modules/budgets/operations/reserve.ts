import type { EngineTx } from '../../../platform/db/db.ts'
import type { ChangeBalances } from '../balances.service.ts'
import { byScope, type Limit, scopesIn } from '../budgets.rules.ts'
import type { LimitRow, ReservationGrant, ReservationRequest, ReservationRow } from '../budgets.types.ts'
import { sumOf, times } from '../rules/amounts.ts'
import { balancesOf, changesOf, distinctScopes } from '../rules/balances.ts'
import { type CallGrants, grantReservations } from '../rules/reservations.ts'
import { holdsStore } from '../store/holds.store.ts'
import { versionsStore } from '../store/versions.store.ts'

/** Locks the limits and reserves: for each waiting call on all its limits or none, and ahead of more. */
export async function reserve(
  change: ChangeBalances,
  tx: EngineTx,
  requests: readonly ReservationRequest[],
): Promise<readonly ReservationGrant[]> {
  const scopes = distinctScopes(requests)
  const goal_ids = [...new Set(requests.flatMap(({ goal_id }) => goal_id ?? []))]
  // The budget version is read first: a change meanwhile waits for the lock, and at worst the reservation is void at
  // once.
  const [versions, lockedLimits, balances] = await Promise.all([
    versionsStore.of(tx, [...new Set(requests.map(({ organization_id }) => organization_id))]),
    holdsStore.lock(tx, scopes),
    holdsStore.balances(tx, scopes, goal_ids),
  ])
  const limits = lockedLimits.map((limit): Limit => ({ ...limit, live_runs: null, live: 0 }))
  const grants = grantReservations(requests, { limits, balances })
  const by_scope = byScope(lockedLimits)
  const reservations = requests.flatMap((request, index) => reservationOf(request, grants[index], by_scope))
  await change(
    tx,
    reservations.flatMap((reservation) => changesOf(reservation, { held: 1, used: 0 })),
  )
  if (reservations.length > 0) await holdsStore.reserve(tx, reservations)
  const elsewhere = await heldElsewhere(tx, requests, grants)
  const version_by_organization = new Map(versions.map((row) => [row.organization_id, row.budget_version]))
  return requests.map(({ id, organization_id, each }, index) => ({
    id,
    budget_version: version_by_organization.get(organization_id) ?? '',
    spare: times(each, grants[index]?.more ?? 0),
    refusals: new Map(
      [...(grants[index]?.refusals ?? [])].map(([call_id, refusal]) => [
        call_id,
        { ...refusal, may_come_back: elsewhere.has(refusal.limit_id) },
      ]),
    ),
  }))
}

/** The whole hold of one request; nothing where all its calls were refused. */
function reservationOf(
  request: ReservationRequest,
  grant: CallGrants | undefined,
  by_scope: ReadonlyMap<string, readonly LimitRow[]>,
): readonly ReservationRow[] {
  const admittedCalls = request.calls.filter(({ id }) => !grant?.refusals.has(id))
  const amounts = sumOf([...admittedCalls.map(({ held }) => held), times(request.each, grant?.more ?? 0)])
  if (admittedCalls.length === 0 && !grant?.more) return []
  const { id, process_id } = request
  return [{ ...scopesIn(request), id, process_id, ...amounts, balances: balancesOf(request, by_scope) }]
}

async function heldElsewhere(
  tx: EngineTx,
  requests: readonly ReservationRequest[],
  grants: readonly CallGrants[],
): Promise<ReadonlySet<string>> {
  const [first] = requests
  const limits = requests.flatMap(({ organization_id }, index) =>
    [...(grants[index]?.refusals.values() ?? [])].map(({ limit_id }) => ({ organization_id, limit_id })),
  )
  if (!first || limits.length === 0) return new Set()
  return new Set(await holdsStore.heldElsewhere(tx, limits, first.process_id))
}
