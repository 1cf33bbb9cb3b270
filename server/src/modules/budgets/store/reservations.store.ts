import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { Amounts, SpendScopes } from '../budgets.port.ts'
import type { BalanceRef } from '../budgets.types.ts'
import type { LostReservation, ReservationRef } from '../calls.port.ts'

export interface ReservationRow extends ReservationRef, Amounts {
  readonly balances: readonly BalanceRef[]
}

export interface NewReservation extends ReservationRow, SpendScopes {
  readonly process_id: string
}

type Ref = Pick<ReservationRef, 'organization_id' | 'reservation_id'>

const organizations = (rows: readonly { readonly organization_id: string }[]) => rows.map((one) => one.organization_id)
const ids = (reservations: readonly Ref[]) => reservations.map((one) => one.reservation_id)

/** Statements of reservations and budget versions. */
export const reservationsStore = {
  /** Shortens leases that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx): Promise<number> {
    return tx.execute(sql`
      update budgets_reservations set deadline_at = muster_now() + budgets_reservation_lease()
      where deadline_at > muster_now() + budgets_reservation_lease()`)
  },

  budget_version(
    tx: Tx,
    organization_ids: readonly string[],
  ): Promise<{ organization_id: string; budget_version: string }[]> {
    return tx.rows(sql`
      select organization_id, budget_version from budgets_versions_v where organization_id = any (${organization_ids}::uuid[])`)
  },

  async raiseVersions(tx: Tx, organization_ids: readonly string[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_versions (organization_id, version)
      select organization_id, 1 from unnest(${[...new Set(organization_ids)].sort()}::uuid[]) as i (organization_id)
      on conflict (organization_id) do update set version = budgets_versions.version + 1`)
  },

  async insert(tx: Tx, reservations: readonly NewReservation[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_reservations (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances,
        deadline_at)
      select organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances::json,
        muster_now() + budgets_reservation_lease()
      from unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[], ${reservations.map((one) => one.process_id)}::uuid[],
        ${reservations.map((one) => one.project_id)}::uuid[], ${reservations.map((one) => one.goal_id)}::uuid[],
        ${reservations.map((one) => one.agent_id)}::uuid[], ${reservations.map((one) => one.cost_micro_usd)}::bigint[],
        ${reservations.map((one) => one.tokens)}::bigint[], ${reservations.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances)`)
  },

  async lock(tx: Tx, reservations: readonly Ref[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select s.id from unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[]) as i (organization_id, id)
      join budgets_reservations s on s.organization_id = i.organization_id and s.id = i.id
      order by s.organization_id, s.id for update of s`)
    return rows.map(({ id }) => id)
  },

  /** Takes amounts out of reservations and renews their leases; returns the balances they stand in. */
  draw(tx: Tx, draws: readonly (Ref & Amounts)[]): Promise<ReservationRow[]> {
    return tx.rows<ReservationRow>(sql`
      update budgets_reservations s set cost_micro_usd = s.cost_micro_usd - i.cost_micro_usd, tokens = s.tokens - i.tokens,
        deadline_at = muster_now() + budgets_reservation_lease()
      from unnest(${organizations(draws)}::uuid[], ${ids(draws)}::uuid[],
        ${draws.map((one) => one.cost_micro_usd)}::bigint[], ${draws.map((one) => one.tokens)}::bigint[])
        as i (organization_id, id, cost_micro_usd, tokens)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id as reservation_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Deletes reservations; returns the rest of their amounts. */
  take(tx: Tx, reservations: readonly Ref[]): Promise<ReservationRow[]> {
    return tx.rows<ReservationRow>(sql`
      delete from budgets_reservations s using unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[]) as i (organization_id, id)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id as reservation_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** The same for reservations whose lease has expired. */
  takeLost(tx: EngineTx, limit: number): Promise<(ReservationRow & LostReservation)[]> {
    return tx.rows<ReservationRow & LostReservation>(sql`
      with gone as (
        select organization_id, id from budgets_reservations where deadline_at < muster_now()
        order by organization_id, id limit ${limit} for update skip locked)
      delete from budgets_reservations s using gone where s.organization_id = gone.organization_id and s.id = gone.id
      returning s.organization_id, s.id as reservation_id, s.project_id, s.goal_id, s.agent_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Limits of which processes other than `process_id` hold reservations. */
  async heldElsewhere(
    tx: Tx,
    limits: readonly { readonly organization_id: string; readonly limit_id: string }[],
    process_id: string,
  ): Promise<string[]> {
    const rows = await tx.rows<{ limit_id: string }>(sql`
      select i.limit_id from unnest(${organizations(limits)}::uuid[], ${limits.map((one) => one.limit_id)}::uuid[]) as i (organization_id, limit_id)
      where exists (
        select from budgets_reservations s cross join json_array_elements(s.balances) b
        where s.organization_id = i.organization_id and s.process_id <> ${process_id} and (b ->> 'limit_id')::uuid = i.limit_id)`)
    return rows.map(({ limit_id }) => limit_id)
  },
}
