import type { EngineTx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

/**
 * One question of a call's admission: about a key, a scope that may be stopped, or the budget version of an
 * organization, by its id.
 */
export interface AdmissionQuestion {
  readonly organization_id: string
  readonly kind: 'key' | 'organization' | 'project' | 'agent' | 'budget_version'
  readonly id: string
}

export interface AdmissionAnswer extends AdmissionQuestion {
  /** `good` for a key in force, `stopped` for a scope with a stop in force, or the budget version; else null. */
  readonly found: string | null
}

/** Statements of the read before a call: key, emergency stops, budget version. */
export const admissionStore = {
  /** One statement answers all questions. */
  read(tx: EngineTx, questions: readonly AdmissionQuestion[]): Promise<AdmissionAnswer[]> {
    return tx.rows<AdmissionAnswer>(sql`
      select i.organization_id, i.kind, i.id, case i.kind
        when 'budget_version' then (select t.budget_version from budgets_versions_v t where t.organization_id = i.organization_id)
        when 'key' then (
          select 'good' from identity_keys_v k where k.organization_id = i.organization_id and k.key_id = i.id)
        else (
          select 'stopped' from projects_stop_v s
          where s.organization_id = i.organization_id and s.scope_kind = i.kind and s.scope_id = i.id) end as found
      from unnest(${questions.map((one) => one.organization_id)}::uuid[], ${questions.map((one) => one.kind)}::text[],
        ${questions.map((one) => one.id)}::uuid[]) as i (organization_id, kind, id)`)
  },
}
