import type { Tx } from '../../platform/db/db.ts'
import { fragment, sql } from '../../platform/db/sql.ts'

export interface AgreementRow {
  readonly capability: string
  readonly decisions: number
  readonly approved: number
  readonly amended: number
  readonly rejected: number
  readonly agreed: number
  readonly sampled: number
}

export interface RubricAgreementRow {
  readonly capability: string
  readonly rubric: string
  readonly model: string
  readonly decisions: number
  readonly mean_when_approved: number | null
  readonly mean_when_not: number | null
}

interface Period {
  readonly organization_id: string
  readonly project_id: string | undefined
  readonly days: number
}

/**
 * Decisions of people about results, with the judge's last verdict before each. The judge found fault where it routed
 * by rows 1, 2 or 4.
 */
const decidedAnswers = ({ organization_id, project_id, days }: Period) => fragment`
  decided_answers as (
    select q.run_id, q.task_id, a.action, a.at from approvals_questions_v q
    join approvals_answers_v a on a.organization_id = q.organization_id and a.approval_id = q.approval_id
      and a.answer_id = q.decided_by_answer
    where q.organization_id = ${organization_id} and q.subject_kind = 'result' and q.status = 'applied'
      and ${project_id === undefined ? fragment`true` : fragment`q.project_id = ${project_id}`}
      and a.at > (select muster_now()) - make_interval(days => ${days}::int)
  ), decided_results as (
    select d.run_id, d.action, v.route_row, v.findings->>'reason' as reason, t.capability
    from decided_answers d
    cross join lateral (
      select route_row, findings from judge_verdicts v where v.organization_id = ${organization_id} and v.task_id = d.task_id
        and v.run_id = d.run_id and v.at <= d.at order by v.id desc limit 1) v
    join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = d.task_id
  )`

/** Statements that compare people's decisions with the judge's. */
export const agreementStore = {
  byCapability(tx: Tx, period: Period): Promise<AgreementRow[]> {
    return tx.rows<AgreementRow>(sql`
      with ${decidedAnswers(period)}
      select capability, count(*)::int as decisions, count(*) filter (where action = 'approve')::int as approved,
        count(*) filter (where action = 'amend')::int as amended, count(*) filter (where action = 'reject')::int as rejected,
        count(*) filter (where (route_row in (3, 5, 6)) = (action = 'approve'))::int as agreed,
        count(*) filter (where reason = 'sample')::int as sampled
      from decided_results group by 1 order by 2 desc, 1`)
  },

  byRubric(tx: Tx, period: Period): Promise<RubricAgreementRow[]> {
    return tx.rows<RubricAgreementRow>(sql`
      with ${decidedAnswers(period)}
      select d.capability, s.rubric, s.model, count(*)::int as decisions,
        avg(s.score) filter (where d.action = 'approve') as mean_when_approved,
        avg(s.score) filter (where d.action <> 'approve') as mean_when_not
      from decided_results d join judge_scores s on s.organization_id = ${period.organization_id} and s.run_id = d.run_id
        and s.score is not null
      group by 1, 2, 3 order by 1, 2, 3`)
  },
}
