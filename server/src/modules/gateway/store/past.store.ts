import type { EngineTx } from '../../../platform/db/db.ts'
import { clampedSum, fragment, sql, sumOf } from '../../../platform/db/sql.ts'

/** Statements of attempts that were removed by age: their sums by day. */
export const pastStore = {
  /**
   * Removes ended attempts that began longer ago, and adds their sums to the day of their charge. An attempt that cost
   * something and has no charge stays. Returns how many were removed.
   */
  async retire(tx: EngineTx, { days, limit }: { readonly days: number; readonly limit: number }): Promise<number> {
    const row = await tx.row<{ gone: number }>(sql`
      with old as (
        select a.organization_id, a.id, a.cost_micro_usd, a.charged_tokens, c.id is not null as charged,
          (coalesce(c.charged_at, a.started_at) at time zone 'UTC')::date as day
        from gateway_attempts a left join budgets_charges_v c
          on c.organization_id = a.organization_id and c.id = a.id and c.source = 'call'
        where a.status <> 'live' and a.started_at < muster_now() - ${days}::integer * interval '1 day'
          and (c.id is not null or (a.cost_micro_usd = 0 and a.charged_tokens = 0))
        limit ${limit} for update of a skip locked
      ), gone as (
        delete from gateway_attempts a using old where a.organization_id = old.organization_id and a.id = old.id
        returning old.*
      ), added as (
        insert into gateway_attempts_past (organization_id, day, attempts, charges, cost_micro_usd, tokens)
        select organization_id, day, count(*), count(*) filter (where charged),
          ${sumOf(fragment`cost_micro_usd`)}, ${sumOf(fragment`charged_tokens`)}
        from gone group by organization_id, day order by organization_id, day
        on conflict (organization_id, day) do update set attempts = gateway_attempts_past.attempts + excluded.attempts,
          charges = gateway_attempts_past.charges + excluded.charges,
          cost_micro_usd = ${clampedSum(fragment`gateway_attempts_past.cost_micro_usd`, fragment`excluded.cost_micro_usd`)},
          tokens = ${clampedSum(fragment`gateway_attempts_past.tokens`, fragment`excluded.tokens`)}
        returning 1
      )
      select count(*)::int as gone from gone`)
    return row?.gone ?? 0
  },
}
