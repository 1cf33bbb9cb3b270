import { z } from 'zod'
import { agent, agentChange, agentCreate, agentItem } from '../agents/agents.ts'
import { approval, approvalItem, respondRequest } from '../approvals/approvals.ts'
import { artifact, lineage } from '../artifacts/artifacts.ts'
import { attention } from '../attention.ts'
import { budget, budgetCreate } from '../budgets/budgets.ts'
import { costMetrics } from '../dashboard/costs.ts'
import { foundItem } from '../dashboard/find.ts'
import { fleetStatus } from '../dashboard/fleet.ts'
import { event } from '../events.ts'
import { attempt } from '../gateway/attempts.ts'
import { model, modelCreate, modelDefinition } from '../gateway/models.ts'
import { provider, providerCreate } from '../gateway/providers.ts'
import { apiKey, apiKeyCreated } from '../identity/keys.ts'
import { session, sessionOpen } from '../identity/sessions.ts'
import { validateRequest } from '../judge/validation.ts'
import { goalGraph, goalNode } from '../planner/goals/goal-graph.ts'
import { goal, goalCreate } from '../planner/goals/goals.ts'
import { decomposed } from '../planner/plans/decomposition.ts'
import { plan, planDetail, planRevision } from '../planner/plans/plans.ts'
import { planTask, workCreate } from '../planner/tasks/task-definitions.ts'
import { task } from '../planner/tasks/tasks.ts'
import { actor } from '../platform/actors.ts'
import { healthDetailed } from '../platform/health.ts'
import { journalVerified } from '../platform/journal.ts'
import { check } from '../projects/checks.ts'
import { policy, policyInput, policyVersion } from '../projects/policies.ts'
import { project, projectCreate } from '../projects/projects.ts'
import { stop } from '../projects/stops.ts'
import { difference, document, documentEntry, documentVersion, operationInput, readEntry } from '../state/documents.ts'
import { taskCreate } from '../task-kinds.ts'
import { brief, feedback, runBrief } from '../worker/briefs.ts'
import { claimedRun } from '../worker/claims.ts'
import { completeRequest } from '../worker/reports.ts'
import { runConflict, runDetail, timelineEntry } from '../worker/run-details.ts'
import { run, runItem } from '../worker/runs.ts'
import { why } from '../worker/task-why.ts'
import { checkResult, evidence, verdict, violation } from '../worker/verdicts.ts'

type Names = Readonly<Record<string, z.ZodType>>

/** Schemas that have a name of their own in the document. What is not named stands where it is used. */
const answers: Names = {
  Actor: actor,
  Agent: agent,
  AgentItem: agentItem,
  ApiKey: apiKey,
  ApiKeyCreated: apiKeyCreated,
  Approval: approval,
  ApprovalItem: approvalItem,
  Artifact: artifact,
  Attempt: attempt,
  Attention: attention,
  Brief: brief,
  Budget: budget,
  Check: check,
  CheckResult: checkResult,
  ClaimedRun: claimedRun,
  CostMetrics: costMetrics,
  Decomposed: decomposed,
  Difference: difference,
  Document: document,
  DocumentEntry: documentEntry,
  DocumentVersion: documentVersion,
  Event: event,
  Evidence: evidence,
  Feedback: feedback,
  FleetStatus: fleetStatus,
  FoundItem: foundItem,
  Goal: goal,
  GoalGraph: goalGraph,
  GoalNode: goalNode,
  HealthDetailed: healthDetailed,
  JournalVerified: journalVerified,
  Lineage: lineage,
  Model: model,
  PlanDetail: planDetail,
  PlanRevision: planRevision,
  PlanTask: planTask,
  Policy: policy,
  PolicyVersion: policyVersion,
  Project: project,
  Provider: provider,
  ReadEntry: readEntry,
  Run: run,
  RunBrief: runBrief,
  RunConflict: runConflict,
  RunDetail: runDetail,
  RunItem: runItem,
  Session: session,
  StateOperation: operationInput,
  Stop: stop,
  Task: task,
  TimelineEntry: timelineEntry,
  Verdict: verdict,
  Violation: violation,
  Why: why,
}

/** The same for what is sent in, where fields with a default may be left out; hence names of their own. */
const requests: Names = {
  AgentChange: agentChange,
  AgentCreate: agentCreate,
  ApprovalRespond: respondRequest,
  BudgetCreate: budgetCreate,
  CheckInput: check,
  GoalCreate: goalCreate,
  JudgeValidate: validateRequest,
  ModelCreate: modelCreate,
  ModelPut: modelDefinition,
  PlanInput: plan,
  PlanTaskInput: planTask,
  PolicyInput: policyInput,
  ProjectCreate: projectCreate,
  ProviderCreate: providerCreate,
  RunComplete: completeRequest,
  SessionOpen: sessionOpen,
  StateOperationInput: operationInput,
  TaskCreate: taskCreate,
  WorkCreate: workCreate,
}

/** Schemas that have a name of their own in the API’s document: those of requests and those of answers. */
export const named = { input: registryOf(requests), output: registryOf(answers) }

function registryOf(names: Names) {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(names)) registry.add(schema, { id })
  return registry
}
