import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { Amounts, SpendScopes } from '../budgets.port.ts'
import type { BalanceRef } from '../budgets.types.ts'
import type { LostSlice, SliceRef } from '../calls.port.ts'

export interface SliceRow extends SliceRef, Amounts {
  readonly balances: readonly BalanceRef[]
}

export interface NewSlice extends SliceRow, SpendScopes {
  readonly process_id: string
}

type Ref = Pick<SliceRef, 'organization_id' | 'slice_id'>

const organizations = (rows: readonly { readonly organization_id: string }[]) => rows.map((one) => one.organization_id)
const ids = (slices: readonly Ref[]) => slices.map((one) => one.slice_id)

/** The statements of slices, and of the terms under which they were given. */
export const slicesStore = {
  /** No slice is held for longer than its lease. */
  clampTimes(tx: EngineTx): Promise<number> {
    return tx.execute(sql`
      update budget_slices set deadline_at = muster_now() + budget_slice_lease()
      where deadline_at > muster_now() + budget_slice_lease()`)
  },

  terms(tx: Tx, organization_ids: readonly string[]): Promise<{ organization_id: string; terms: string }[]> {
    return tx.rows(sql`
      select organization_id, terms from budgets_terms_v where organization_id = any (${organization_ids}::uuid[])`)
  },

  async moveTerms(tx: Tx, organization_ids: readonly string[]): Promise<void> {
    await tx.execute(sql`
      insert into budget_terms (organization_id, version)
      select organization_id, 1 from unnest(${[...new Set(organization_ids)].sort()}::uuid[]) as i (organization_id)
      on conflict (organization_id) do update set version = budget_terms.version + 1`)
  },

  async insert(tx: Tx, slices: readonly NewSlice[]): Promise<void> {
    await tx.execute(sql`
      insert into budget_slices (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances,
        deadline_at)
      select organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances::json,
        muster_now() + budget_slice_lease()
      from unnest(${organizations(slices)}::uuid[], ${ids(slices)}::uuid[], ${slices.map((one) => one.process_id)}::uuid[],
        ${slices.map((one) => one.project_id)}::uuid[], ${slices.map((one) => one.goal_id)}::uuid[],
        ${slices.map((one) => one.agent_id)}::uuid[], ${slices.map((one) => one.cost_micro_usd)}::bigint[],
        ${slices.map((one) => one.tokens)}::bigint[], ${slices.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances)`)
  },

  async lock(tx: Tx, slices: readonly Ref[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select s.id from unnest(${organizations(slices)}::uuid[], ${ids(slices)}::uuid[]) as i (organization_id, id)
      join budget_slices s on s.organization_id = i.organization_id and s.id = i.id
      order by s.organization_id, s.id for update of s`)
    return rows.map(({ id }) => id)
  },

  /** Takes amounts out of slices, which shows that their process is there; gives the balances they stand in. */
  draw(tx: Tx, drawn: readonly (Ref & Amounts)[]): Promise<SliceRow[]> {
    return tx.rows<SliceRow>(sql`
      update budget_slices s set cost_micro_usd = s.cost_micro_usd - i.cost_micro_usd, tokens = s.tokens - i.tokens,
        deadline_at = muster_now() + budget_slice_lease()
      from unnest(${organizations(drawn)}::uuid[], ${ids(drawn)}::uuid[],
        ${drawn.map((one) => one.cost_micro_usd)}::bigint[], ${drawn.map((one) => one.tokens)}::bigint[])
        as i (organization_id, id, cost_micro_usd, tokens)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id as slice_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Takes slices away; gives what was left of them. */
  take(tx: Tx, slices: readonly Ref[]): Promise<SliceRow[]> {
    return tx.rows<SliceRow>(sql`
      delete from budget_slices s using unnest(${organizations(slices)}::uuid[], ${ids(slices)}::uuid[]) as i (organization_id, id)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id as slice_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** The same for those whose process has not touched them for too long. */
  takeLost(tx: EngineTx, limit: number): Promise<(SliceRow & LostSlice)[]> {
    return tx.rows<SliceRow & LostSlice>(sql`
      with gone as (
        select organization_id, id from budget_slices where deadline_at < muster_now()
        order by organization_id, id limit ${limit} for update skip locked)
      delete from budget_slices s using gone where s.organization_id = gone.organization_id and s.id = gone.id
      returning s.organization_id, s.id as slice_id, s.project_id, s.goal_id, s.agent_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Limits of which processes other than `process_id` hold slices. */
  async heldElsewhere(
    tx: Tx,
    limits: readonly { readonly organization_id: string; readonly limit_id: string }[],
    process_id: string,
  ): Promise<string[]> {
    const rows = await tx.rows<{ limit_id: string }>(sql`
      select i.limit_id from unnest(${organizations(limits)}::uuid[], ${limits.map((one) => one.limit_id)}::uuid[]) as i (organization_id, limit_id)
      where exists (
        select from budget_slices s cross join json_array_elements(s.balances) b
        where s.organization_id = i.organization_id and s.process_id <> ${process_id} and (b ->> 'limit_id')::uuid = i.limit_id)`)
    return rows.map(({ limit_id }) => limit_id)
  },
}
