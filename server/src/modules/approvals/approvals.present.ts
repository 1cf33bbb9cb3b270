import { isUuid } from '../../platform/ids.ts'
import type { Approval } from './approvals.port.ts'
import type { AnswerRow, ApprovalRow } from './approvals.types.ts'

/** An approval with its answers, as the contract has it. */
export function presentApproval(row: ApprovalRow, answers: readonly AnswerRow[]) {
  const { id, subject_kind, subject_id, project_id, question, options, policy_version, rule, tags, risk, quorum } = row
  const { status, due_at, created_at } = row
  return {
    id,
    subject_kind,
    subject_id,
    project_id,
    ...present({ goal_id: row.goal_id, task_id: row.task_id, run_id: row.run_id }),
    question,
    options,
    proposed: JSON.parse(row.proposed),
    ...present({ artifact_sha256: row.artifact_sha256 }),
    policy_version,
    read_set: row.read_set.map(({ scope, scope_id, document, version, may_move }) => ({
      document,
      scope,
      ...(scope === 'agent' && { agent_id: scope_id }),
      version,
      ...(may_move && { may_move }),
    })),
    rule,
    tags,
    risk,
    ...present({ confidence: row.confidence }),
    quorum,
    status,
    ...present({ reason: row.reason, claimed_by: row.claimed_by, claimed_until: row.claimed_until }),
    ...present({ snoozed_until: row.snoozed_until }),
    due_at,
    ...present({ effective_at: row.effective_at }),
    created_at,
    answers: answers.map(presentAnswer),
  }
}

function presentAnswer({ id, answered_by, action, comment, content, at, effective_at, revoked_at }: AnswerRow) {
  const contentField = content === null ? {} : { content: JSON.parse(content) }
  return {
    id,
    by: answered_by,
    action,
    ...present({ comment }),
    ...contentField,
    at,
    effective_at,
    ...present({ revoked_at }),
  }
}

/** The titles of what an approval is about, for lists. */
/** How tasks and goals are called, by their ids. */
export interface Titles {
  readonly tasks: ReadonlyMap<string, { readonly name: string }>
  readonly goals: ReadonlyMap<string, { readonly name: string }>
}

export function presentSubject({ made_by, task_id, goal_id }: ApprovalRow, { tasks, goals }: Titles) {
  return present({
    agent_id: agentOf(made_by),
    task_title: tasks.get(task_id ?? '')?.name ?? null,
    goal_title: goals.get(goal_id ?? '')?.name ?? null,
  })
}

function agentOf(made_by: ApprovalRow['made_by']): string | null {
  return made_by.find(({ kind, id }) => kind === 'agent' && isUuid(id))?.id ?? null
}

const artifactTypes = {
  result: 'agent_output',
  plan: 'project_plan',
  task: 'task',
  dependency: 'dependency',
  question: 'question',
} as const

/** An item of the review queue, under the names of the earlier systems (docs/seeds.md). */
export function presentQueued(row: ApprovalRow) {
  const agent_id = agentOf(row.made_by)
  return {
    review_id: row.id,
    ...present({ result_id: row.run_id, agent_id }),
    project_id: row.project_id,
    ...present({ goal_id: row.goal_id, task_id: row.task_id }),
    artifact: { type: artifactTypes[row.subject_kind], content: JSON.parse(row.proposed) },
    ...present({ confidence_score: row.confidence }),
    risk_tags: row.tags,
    judge_reasoning: row.rule,
    created_at: row.created_at,
    pending_since: row.created_at,
    due_at: row.due_at,
  }
}

/** A row as its approval subject sees it. */
export function subjectView(row: ApprovalRow): Approval {
  return { ...row, due_ms: Date.parse(row.due_at) - Date.parse(row.created_at) }
}

type Present<T> = { [Key in keyof T]?: NonNullable<T[Key]> }

/** Leaves out what is null. */
function present<T extends object>(fields: T): Present<T> {
  // Only entries that are not null remain, which is what the type says.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<T>
}
