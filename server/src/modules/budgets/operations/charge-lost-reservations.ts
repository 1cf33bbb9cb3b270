import type { EngineTx } from '../../../platform/db/db.ts'
import type { ChangeBalances } from '../balances.service.ts'
import type { LostReservation } from '../budgets.port.ts'
import { scopesIn } from '../budgets.rules.ts'
import type { ChargeRow } from '../budgets.types.ts'
import { spends } from '../rules/amounts.ts'
import { changesOf } from '../rules/balances.ts'
import { holdsStore } from '../store/holds.store.ts'

/** Charges the rest of reservations that their processes have not touched for a minute. */
export async function chargeLostReservations(
  change: ChangeBalances,
  tx: EngineTx,
  limit: number,
): Promise<readonly LostReservation[]> {
  const lostReservations = (await holdsStore.takeLostReservations(tx, limit)).filter(spends)
  if (lostReservations.length === 0) return []
  const charges = lostReservations.map(({ id, cost_micro_usd, tokens, ...reservation }): ChargeRow => {
    const scopes = scopesIn(reservation)
    return { ...scopes, id, task_id: null, cost_micro_usd, tokens, unknown_usage: true, source: 'call' }
  })
  await holdsStore.charge(tx, charges)
  await change(
    tx,
    lostReservations.flatMap((reservation) => [
      ...changesOf(reservation, { held: -1, used: 0 }),
      ...changesOf(reservation, { held: 0, used: 1 }),
    ]),
  )
  return lostReservations
}
