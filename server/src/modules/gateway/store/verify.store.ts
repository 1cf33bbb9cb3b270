import type { Tx } from '../../../platform/db/db.ts'
import { fragment, sql, sumOf } from '../../../platform/db/sql.ts'
import { invariant } from '../../../platform/errors.ts'

export interface Totals {
  readonly ended: number
  readonly live: number
  readonly attempts_micro_usd: number
  readonly attempts_tokens: number
  readonly charges: number
  readonly charges_micro_usd: number
  readonly charges_tokens: number
  readonly holds: number
  readonly holds_micro_usd: number
  readonly holds_tokens: number
  readonly reservations: number
  readonly reservations_micro_usd: number
  readonly reservations_tokens: number
}

export interface Disagreement {
  readonly attempt_id: string
  readonly problem: 'not_charged' | 'charged_otherwise' | 'charged_without_attempt' | 'held_after_end' | 'past_differs'
  readonly attempt_micro_usd: number | null
  readonly attempt_tokens: number | null
  readonly charge_micro_usd: number | null
  readonly charge_tokens: number | null
}

/** Statements that compare attempts with charges (invariant 33). */
export const verifyStore = {
  async totals(tx: Tx, organization_id: string): Promise<Totals> {
    const row = await tx.row<Totals>(sql`
      select a.ended + p.attempts as ended, a.live, a.attempts_micro_usd + p.cost_micro_usd as attempts_micro_usd,
        a.attempts_tokens + p.tokens as attempts_tokens, c.*, h.*, s.*
      from (
        select count(*) filter (where status <> 'live')::int as ended, count(*) filter (where status = 'live')::int as live,
          ${sumOf(fragment`cost_micro_usd`)} as attempts_micro_usd, ${sumOf(fragment`charged_tokens`)} as attempts_tokens
        from gateway_attempts where organization_id = ${organization_id}) a
      cross join (
        select coalesce(sum(attempts), 0)::int as attempts, ${sumOf(fragment`cost_micro_usd`)} as cost_micro_usd,
          ${sumOf(fragment`tokens`)} as tokens
        from gateway_attempts_past where organization_id = ${organization_id}) p
      cross join (
        select count(*)::int as charges, ${sumOf(fragment`cost_micro_usd`)} as charges_micro_usd,
          ${sumOf(fragment`tokens`)} as charges_tokens
        from budgets_charges_v where organization_id = ${organization_id} and source = 'call') c
      cross join (
        select count(*)::int as holds, ${sumOf(fragment`h.cost_micro_usd`)} as holds_micro_usd,
          ${sumOf(fragment`h.tokens`)} as holds_tokens
        from budgets_holds_v h join gateway_attempts a on a.organization_id = h.organization_id and a.id = h.id
        where h.organization_id = ${organization_id}) h
      cross join (
        select count(*)::int as reservations, ${sumOf(fragment`cost_micro_usd`)} as reservations_micro_usd,
          ${sumOf(fragment`tokens`)} as reservations_tokens
        from budgets_reservations_v where organization_id = ${organization_id}) s`)
    invariant(row, 'sums are one row')
    return row
  },

  /**
   * Rows that say different things, at most `limit`. An attempt that cost nothing has no charge. Charges of attempts that are not kept
   * any more are compared by the day, which then stands for their id.
   */
  disagreements(tx: Tx, organization_id: string, limit: number): Promise<Disagreement[]> {
    return tx.rows<Disagreement>(sql`
      with attempts as (
        select id, status, cost_micro_usd, charged_tokens from gateway_attempts where organization_id = ${organization_id}
      ), charges as (
        select id, cost_micro_usd, tokens, (charged_at at time zone 'UTC')::date as day
        from budgets_charges_v where organization_id = ${organization_id} and source = 'call'
      ), past as (
        select day, charges, cost_micro_usd, tokens from gateway_attempts_past where organization_id = ${organization_id}
      ), left_over as (
        select c.day, count(*) as charges, ${sumOf(fragment`c.cost_micro_usd`)} as cost_micro_usd, ${sumOf(fragment`c.tokens`)} as tokens
        from charges c where not exists (select from attempts a where a.id = c.id) group by c.day
      )
      select coalesce(a.id, c.id)::text as attempt_id, a.cost_micro_usd as attempt_micro_usd, a.charged_tokens as attempt_tokens,
        c.cost_micro_usd as charge_micro_usd, c.tokens as charge_tokens,
        case when a.id is null then 'charged_without_attempt' when c.id is null then 'not_charged'
          else 'charged_otherwise' end as problem
      from attempts a full join charges c on c.id = a.id
      where (a.id is null and not exists (select from past p where p.day = c.day)) or (c.id is null and (a.cost_micro_usd > 0 or a.charged_tokens > 0))
        or (c.id is not null and (a.cost_micro_usd <> c.cost_micro_usd or a.charged_tokens <> c.tokens))
      union all
      select a.id::text, a.cost_micro_usd, a.charged_tokens, h.cost_micro_usd, h.tokens, 'held_after_end'
      from attempts a join budgets_holds_v h on h.organization_id = ${organization_id} and h.id = a.id
      where a.status <> 'live'
      union all
      select p.day::text, p.cost_micro_usd, p.tokens, coalesce(l.cost_micro_usd, 0), coalesce(l.tokens, 0), 'past_differs'
      from past p left join left_over l on l.day = p.day
      where p.charges <> coalesce(l.charges, 0) or p.cost_micro_usd <> coalesce(l.cost_micro_usd, 0)
        or p.tokens <> coalesce(l.tokens, 0)
      order by 1 limit ${limit}`)
  },
}
