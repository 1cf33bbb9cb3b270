import { z } from 'zod'
import { event } from './events.ts'
import { actor } from './shapes/actors.ts'
import { agent, agentChange, agentCreate, agentItem } from './shapes/agents.ts'
import { approval, approvalItem, respondRequest } from './shapes/approvals.ts'
import { artifact, lineage } from './shapes/artifacts.ts'
import { budget, budgetCreate } from './shapes/budgets.ts'
import { attention, costMetrics, fleetStatus, why } from './shapes/dashboard.ts'
import { difference, document, documentEntry, documentVersion, operationInput, readEntry } from './shapes/documents.ts'
import { foundItem } from './shapes/find.ts'
import { decomposed, goal, goalCreate, goalGraph, goalNode, plan, planDetail, planRevision } from './shapes/goals.ts'
import { healthDetailed } from './shapes/health.ts'
import { journalVerified } from './shapes/journal.ts'
import { apiKey, apiKeyCreated } from './shapes/keys.ts'
import { attempt, model, modelCreate, modelDefinition, provider, providerCreate } from './shapes/models.ts'
import { check, policy, policyInput } from './shapes/policies.ts'
import { policyVersion, project, projectCreate, stop } from './shapes/projects.ts'
import {
  brief,
  claimedRun,
  completeRequest,
  feedback,
  run,
  runBrief,
  runConflict,
  runDetail,
  runItem,
  timelineEntry,
} from './shapes/runs.ts'
import { session, sessionOpen } from './shapes/sessions.ts'
import { planTask, task, taskCreate } from './shapes/tasks.ts'
import { checkResult, evidence, validateRequest, verdict, violation } from './shapes/verdicts.ts'

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
}

export const named = { input: registryOf(requests), output: registryOf(answers) }

function registryOf(names: Names) {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(names)) registry.add(schema, { id })
  return registry
}
