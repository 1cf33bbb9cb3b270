import { z } from 'zod'

// Ids are UUIDs of version 7, made by us and sorted by time. Any UUID is accepted from outside, so that an unknown one is
// answered with `not_found` whatever its version; case is folded because the database folds it too.
const uuid = () => z.uuid().toLowerCase()

export const organizationId = uuid().brand<'OrganizationId'>()
export const userId = uuid().brand<'UserId'>()
export const keyId = uuid().brand<'KeyId'>()
export const projectId = uuid().brand<'ProjectId'>()
export const goalId = uuid().brand<'GoalId'>()
export const planId = uuid().brand<'PlanId'>()
export const taskId = uuid().brand<'TaskId'>()
export const runId = uuid().brand<'RunId'>()
export const agentId = uuid().brand<'AgentId'>()
export const artifactId = uuid().brand<'ArtifactId'>()
export const approvalId = uuid().brand<'ApprovalId'>()
export const answerId = uuid().brand<'AnswerId'>()
export const verdictId = uuid().brand<'VerdictId'>()
export const commitId = uuid().brand<'CommitId'>()
export const budgetId = uuid().brand<'BudgetId'>()
export const providerId = uuid().brand<'ProviderId'>()
export const attemptId = uuid().brand<'AttemptId'>()
export const eventId = uuid().brand<'EventId'>()
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
