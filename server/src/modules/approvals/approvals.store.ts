import type { EngineTx, Tx } from '../../platform/db/db.ts'
import { allOf, type Fragment, fragment, sql } from '../../platform/db/sql.ts'
import type { Approval, NewApproval } from './approvals.port.ts'
import type {
  AnswerRow,
  ApprovalFilter,
  ApprovalOrder,
  ApprovalRow,
  LockedApproval,
  QueueFilter,
} from './approvals.types.ts'

export interface ApprovalRef {
  readonly organization_id: string
  readonly id: string
}

/** The ids that an approval's events hold. */
export type ScopedApproval = ApprovalRef &
  Pick<NewApproval, 'project_id' | 'goal_id' | 'task_id' | 'run_id'> & { readonly status: Approval['status'] }

export interface Paging {
  /** Order and id of the last row of the previous page. */
  readonly after: readonly [string, string] | undefined
  readonly offset: number
  readonly limit: number
}

const columns = fragment`organization_id, id, project_id, goal_id, task_id, run_id, subject_kind, subject_id, question,
  options, proposed::text as proposed, artifact_sha256, policy_version, read_set, rule, tags, risk, confidence, quorum,
  made_by, stated_by, amended_by, status, reason, claimed_by, claimed_until, snoozed_until, due_at, decided_by_answer,
  effective_at, created_at`
const scopeColumns = fragment`a.organization_id, a.id, a.project_id, a.goal_id, a.task_id, a.run_id, a.status`
const now = fragment`date_trunc('milliseconds', muster_now())`

export const approvalsStore = {
  async insert(tx: Tx, questions: readonly (NewApproval & { readonly id: string })[]): Promise<void> {
    await tx.execute(sql`
      insert into approvals (organization_id, id, project_id, goal_id, task_id, run_id, subject_kind, subject_id, question,
        options, proposed, artifact_sha256, policy_version, read_set, rule, tags, risk, confidence, quorum, made_by,
        stated_by, amended_by, due_at)
      select organization_id, id, project_id, goal_id, task_id, run_id, subject_kind, subject_id, question, options,
        proposed::json, artifact_sha256, policy_version, read_set, rule, tags, risk, confidence, quorum, made_by, stated_by,
        amended_by, ${now} + make_interval(secs => due_ms / 1000)
      from json_to_recordset(${JSON.stringify(questions)}::json) as i (organization_id uuid, id uuid, project_id uuid,
        goal_id uuid, task_id uuid, run_id uuid, subject_kind text, subject_id uuid, question text, options text[],
        proposed text, artifact_sha256 text, policy_version int, read_set json, rule text, tags text[], risk text,
        confidence float8, quorum smallint, made_by json, stated_by json, amended_by json, due_ms float8)`)
  },

  find(tx: Tx, { organization_id, id }: ApprovalRef): Promise<ApprovalRow | undefined> {
    return tx.row<ApprovalRow>(sql`
      select ${columns} from approvals where organization_id = ${organization_id} and id = ${id}`)
  },

  lock(tx: Tx, { organization_id, id }: ApprovalRef): Promise<LockedApproval | undefined> {
    return tx.row<LockedApproval>(sql`
      select status, claimed_by, claimed_until, due_at, effective_at, decided_by_answer, ${now} as now
      from approvals where organization_id = ${organization_id} and id = ${id} for update`)
  },

  /** Answers, oldest first, revoked ones included. */
  answers(tx: Tx, organization_id: string, approval_ids: readonly string[]): Promise<AnswerRow[]> {
    return tx.rows<AnswerRow>(sql`
      select approval_id, id, answered_by, principal_id, action, comment, content::text as content, at, effective_at,
        revoked_at
      from approvals_answers where organization_id = ${organization_id} and approval_id = any (${approval_ids}::uuid[])
      order by approval_id, at, id`)
  },

  async amendedBy(
    tx: Tx,
    { organization_id, run_id }: { readonly organization_id: string; readonly run_id: string },
  ): Promise<AnswerRow['answered_by'][]> {
    const rows = await tx.rows<Pick<AnswerRow, 'answered_by'>>(sql`
      select n.answered_by from approvals a
      join approvals_answers n on n.organization_id = a.organization_id and n.approval_id = a.id
      where a.organization_id = ${organization_id} and a.run_id = ${run_id} and a.status = 'applied'
        and n.action = 'amend' and n.content is not null and n.revoked_at is null
      order by n.at, n.id`)
    return rows.map(({ answered_by }) => answered_by)
  },

  async addAnswer(
    tx: Tx,
    { organization_id, ...answer }: AnswerRow & { readonly organization_id: string },
  ): Promise<void> {
    await tx.execute(sql`
      insert into approvals_answers (organization_id, approval_id, id, answered_by, principal_id, action, comment, content,
        at, effective_at)
      values (${organization_id}, ${answer.approval_id}, ${answer.id}, ${JSON.stringify(answer.answered_by)},
        ${answer.principal_id}, ${answer.action}, ${answer.comment}, ${answer.content}::json, ${answer.at},
        ${answer.effective_at})`)
  },

  async revokeAnswer(tx: Tx, { organization_id, id }: ApprovalRef, answer_id: string): Promise<void> {
    await tx.execute(sql`
      update approvals_answers set revoked_at = ${now}
      where organization_id = ${organization_id} and approval_id = ${id} and id = ${answer_id}`)
  },

  async move(
    tx: Tx,
    { organization_id, id }: ApprovalRef,
    to: {
      readonly status: Approval['status']
      readonly reason?: string | undefined
      readonly decided_by_answer?: string | undefined
      readonly effective_at?: string | undefined
    },
  ): Promise<void> {
    await tx.execute(sql`
      update approvals set status = ${to.status}, reason = ${to.reason ?? null},
        decided_by_answer = ${to.decided_by_answer ?? null}, effective_at = ${to.effective_at ?? null}
      where organization_id = ${organization_id} and id = ${id}`)
  },

  async claim(
    tx: Tx,
    { organization_id, id }: ApprovalRef,
    by: { readonly actor: NewApproval['made_by'][number]; readonly until: string } | undefined,
  ): Promise<void> {
    await tx.execute(sql`
      update approvals set claimed_by = ${by ? JSON.stringify(by.actor) : null}, claimed_until = ${by?.until ?? null}
      where organization_id = ${organization_id} and id = ${id}`)
  },

  async snooze(tx: Tx, { organization_id, id }: ApprovalRef, until: string | null): Promise<void> {
    await tx.execute(sql`
      update approvals set snoozed_until = ${until} where organization_id = ${organization_id} and id = ${id}`)
  },

  /** Withdraws open and not yet effective approvals; each row once, locked in the order of the ids. */
  withdraw(
    tx: Tx,
    of: {
      readonly organization_ids: readonly string[]
      readonly ids: readonly string[]
      readonly kind: 'task' | 'goal'
    },
    reason: string,
  ): Promise<ScopedApproval[]> {
    const subject = of.kind === 'task' ? fragment`b.task_id` : fragment`b.goal_id`
    return tx.rows<ScopedApproval>(sql`
      with waiting_approvals as (
        select b.organization_id, b.id
        from unnest(${of.organization_ids}::uuid[], ${of.ids}::uuid[]) as i (organization_id, id)
        join approvals b on b.organization_id = i.organization_id and ${subject} = i.id
        where b.status in ('open', 'decided')
        order by b.organization_id, b.id for update of b
      )
      update approvals a set status = 'withdrawn', reason = ${reason}, effective_at = null
      from waiting_approvals w where a.organization_id = w.organization_id and a.id = w.id
      returning ${scopeColumns}`)
  },

  /** Lists by the last row where the soonest due come first, else by an offset. */
  list(
    tx: Tx,
    filter: ApprovalFilter,
    { after, offset, limit, order }: Paging & { readonly order: ApprovalOrder },
  ): Promise<ApprovalRow[]> {
    const rest = after && fragment`(due_at, id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`
    const way = order.order === 'asc' ? fragment`asc` : fragment`desc`
    return tx.rows<ApprovalRow>(sql`
      select ${columns} from approvals where ${allOf([...filters(filter), rest])}
      order by ${sorts[order.sort]} ${way}, id ${way} offset ${offset} limit ${limit}`)
  },

  /** The oldest first, as the review queue shows them. */
  queue(tx: Tx, filter: ApprovalFilter, { after, offset, limit }: Paging): Promise<ApprovalRow[]> {
    const rest = after && fragment`(created_at, id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`
    return tx.rows<ApprovalRow>(sql`
      select ${columns} from approvals where ${allOf([...filters(filter), rest])}
      order by created_at, id offset ${offset} limit ${limit}`)
  },

  async count(tx: Tx, filter: ApprovalFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(
      sql`select count(*)::int as total from approvals where ${allOf(filters(filter))}`,
    )
    return row?.total ?? 0
  },

  /** Shortens waits that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx, revocable_ms: number): Promise<number> {
    return tx.execute(sql`
      update approvals set effective_at = muster_now()
      where status = 'decided' and effective_at > muster_now() + ${revocable_ms} * interval '1 millisecond'`)
  },

  /** Milliseconds until the next one is due; null: there is none. */
  async dueIn(tx: EngineTx, what: 'expire' | 'apply'): Promise<number | null> {
    const { at, status } = dueBy[what]
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(${at}) - muster_now()) * 1000)::float8 as due_in_ms
      from approvals a
      join projects_gate_v p on p.organization_id = a.organization_id and p.project_id = a.project_id and not p.stopped
      where a.status = ${status}`)
    return row?.due_in_ms ?? null
  },

  /** Due approvals of all tenants, in pages; those under an emergency stop wait until it is lifted. */
  due(
    tx: EngineTx,
    what: 'expire' | 'apply',
    page: { readonly after: readonly [string, string] | undefined; readonly limit: number },
  ): Promise<(ApprovalRef & { readonly due: string })[]> {
    const { at, status } = dueBy[what]
    const rest = page.after && fragment`(${at}, a.id) > (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`
    return tx.rows(sql`
      select a.organization_id, a.id, ${at} as due
      from approvals a
      join projects_gate_v p on p.organization_id = a.organization_id and p.project_id = a.project_id and not p.stopped
      where a.status = ${status} and ${at} <= muster_now() and ${allOf([rest])}
      order by ${at}, a.id limit ${page.limit}`)
  },
}

const dueBy = {
  expire: { at: fragment`a.due_at`, status: fragment`'open'` },
  apply: { at: fragment`a.effective_at`, status: fragment`'decided'` },
} as const

function filters(filter: ApprovalFilter): (Fragment | undefined)[] {
  const { organization_id, statuses, snoozed, project_id, goal_id, task_id, risk, topic } = filter
  return [
    fragment`organization_id = ${organization_id} and status = any (${statuses}::text[])`,
    asides[snoozed],
    project_id === undefined ? undefined : fragment`project_id = ${project_id}`,
    goal_id === undefined ? undefined : fragment`goal_id = ${goal_id}`,
    task_id === undefined ? undefined : fragment`task_id = ${task_id}`,
    risk === undefined ? undefined : fragment`risk = ${risk}`,
    topic === undefined ? undefined : topics[topic],
  ]
}

/** Only open approvals can be snoozed. */
const asides: Readonly<Record<ApprovalFilter['snoozed'], Fragment | undefined>> = {
  include: undefined,
  exclude: fragment`(status <> 'open' or snoozed_until is null or snoozed_until <= muster_now())`,
  only: fragment`(status = 'open' and snoozed_until > muster_now())`,
}

const sorts: Readonly<Record<ApprovalOrder['sort'], Fragment>> = {
  due: fragment`due_at`,
  age: fragment`created_at`,
  risk: fragment`array_position(array['low', 'medium', 'high'], risk)`,
}

const topics: Readonly<Record<QueueFilter, Fragment | undefined>> = {
  all: undefined,
  sensitive: fragment`(rule like 'sensitive_topic:%' or cardinality(tags) > 0)`,
  low_confidence: fragment`rule in ('low_confidence', 'medium_confidence')`,
  financial: fragment`(rule = 'sensitive_topic:financial_advice' or 'financial_advice' = any (tags))`,
}
