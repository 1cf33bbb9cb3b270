import { z } from 'zod'

// Ids are UUIDs of version 7, made by us and sorted by time. Any UUID is accepted from outside, so that an unknown one is
// answered with `not_found` whatever its version; case is folded because the database folds it too.
const uuid = () => z.uuid().toLowerCase()

/** Names an organization, the tenant. */
export const organizationId = uuid().brand<'OrganizationId'>()
/** Names a user. */
export const userId = uuid().brand<'UserId'>()
/** Names an API key; it is no secret. */
export const keyId = uuid().brand<'KeyId'>()
/** Names a project. */
export const projectId = uuid().brand<'ProjectId'>()
/** Names a goal. */
export const goalId = uuid().brand<'GoalId'>()
/** Names one revision of a plan. */
export const planId = uuid().brand<'PlanId'>()
/** Names a task. */
export const taskId = uuid().brand<'TaskId'>()
/** Names a run: one try at a task. */
export const runId = uuid().brand<'RunId'>()
/** Names an agent. */
export const agentId = uuid().brand<'AgentId'>()
/** Names a version of an artifact. */
export const artifactId = uuid().brand<'ArtifactId'>()
/** Names an approval. */
export const approvalId = uuid().brand<'ApprovalId'>()
/** Names the answer of one person to an approval. */
export const answerId = uuid().brand<'AnswerId'>()
/** Names a verdict of the judge. */
export const verdictId = uuid().brand<'VerdictId'>()
/** Names a commit of documents. */
export const commitId = uuid().brand<'CommitId'>()
/** Names a budget. */
export const budgetId = uuid().brand<'BudgetId'>()
/** Names a provider of models. */
export const providerId = uuid().brand<'ProviderId'>()
/** Names an attempt at a call of a model. */
export const attemptId = uuid().brand<'AttemptId'>()
/** Names an event of the journal; its number gives the order. */
export const eventId = uuid().brand<'EventId'>()
/** Names an emergency stop. */
export const stopId = uuid().brand<'StopId'>()

export type OrganizationId = z.output<typeof organizationId>
export type UserId = z.output<typeof userId>
export type KeyId = z.output<typeof keyId>
export type ProjectId = z.output<typeof projectId>
export type GoalId = z.output<typeof goalId>
export type PlanId = z.output<typeof planId>
export type TaskId = z.output<typeof taskId>
export type RunId = z.output<typeof runId>
export type AgentId = z.output<typeof agentId>
export type ArtifactId = z.output<typeof artifactId>
export type ApprovalId = z.output<typeof approvalId>
export type AnswerId = z.output<typeof answerId>
export type VerdictId = z.output<typeof verdictId>
export type CommitId = z.output<typeof commitId>
export type BudgetId = z.output<typeof budgetId>
export type ProviderId = z.output<typeof providerId>
export type AttemptId = z.output<typeof attemptId>
export type EventId = z.output<typeof eventId>
export type StopId = z.output<typeof stopId>

/** Any of the branded ids. */
export type AnyId =
  | OrganizationId
  | UserId
  | KeyId
  | ProjectId
  | GoalId
  | PlanId
  | TaskId
  | RunId
  | AgentId
  | ArtifactId
  | ApprovalId
  | AnswerId
  | VerdictId
  | CommitId
  | BudgetId
  | ProviderId
  | AttemptId
  | EventId
  | StopId

/** Brands a UUID that comes from our own database or generator, where nothing has to be checked again. */
export function idFrom<Id extends AnyId>(uuidText: string): Id {
  return uuidText as Id
}
