import { localRuntimes } from '@muster/contract/agents/agents'
import type { BlockReason } from '@muster/contract/worker/task-why'
import type { LimitStatus, Refusal } from '../../budgets/budgets.port.ts'
import type { Stop, WhyAgent, WhyApproval, WhyFacts } from '../task-why.types.ts'

/** One thing in the way of a task, and what would move it. */
export interface Block {
  readonly reason: BlockReason
  readonly subject_id?: string
  readonly until?: string
  /** The command that moves it, or what has to happen. */
  readonly remedy: string
}

/**
 * Why a task is not running, for every state it can be in (invariant 14): what has to happen first comes first. An
 * empty list means that nothing is in its way, or that it has ended.
 */
export function blocksOf(facts: WhyFacts): readonly Block[] {
  switch (facts.task.status) {
    case 'pending':
      return [...stops(facts), ...pauses(facts), ...planApproval(facts), ...dependencies(facts)]
    case 'ready':
      return [...stops(facts), ...pauses(facts), ...planApproval(facts), ...backoff(facts), ...takers(facts)]
    case 'running':
      return [...stops(facts), ...lease(facts)]
    case 'in_review':
      return [...stops(facts), ...review(facts)]
    case 'awaiting_approval':
      return [...stops(facts), ...approvals(facts)]
    case 'acting':
      return stops(facts)
    case 'done':
    case 'failed':
    case 'rejected':
    case 'skipped':
    case 'cancelled':
      return []
  }
}

const stop_paths = { organization: 'orgs', project: 'projects', agent: 'agents' } as const

function stops({ stops }: WhyFacts): Block[] {
  return stops.filter(({ scope_kind }) => scope_kind !== 'agent').map(stopBlock)
}

function stopBlock({ scope_kind, scope_id }: Stop): Block {
  return {
    reason: 'stopped',
    subject_id: scope_id,
    remedy: `Lift the emergency stop in the dashboard, or call DELETE /api/v1/${stop_paths[scope_kind]}/${scope_id}/stop.`,
  }
}

/** Pauses that prevent claims. */
function pauses({ task }: WhyFacts): Block[] {
  const { project_id, project_status, goal_id, goal_status, goal_reason } = task
  const found: Block[] = []
  if (project_status === 'paused')
    found.push({
      reason: 'paused',
      subject_id: project_id,
      remedy: `Resume the project: POST /api/v1/projects/${project_id}/resume`,
    })
  if (goal_id === null) return found
  if (goal_status === 'paused' && goal_reason === 'needs_plan')
    found.push({
      reason: 'paused',
      subject_id: goal_id,
      remedy: `Replan the goal: POST /api/v1/planner/replan with goal_id ${goal_id}`,
    })
  else if (goal_status === 'paused' || goal_status === 'planning')
    found.push({ reason: 'paused', subject_id: goal_id, remedy: `npx muster goal resume ${goal_id}` })
  return found
}

/** A goal whose plan waits for a person. */
function planApproval({ task, approvals }: WhyFacts): Block[] {
  if (task.goal_status !== 'awaiting_approval') return []
  const plans = approvals.filter(({ subject_kind }) => subject_kind === 'plan')
  return plans.length > 0 ? plans.map(approvalBlock) : [unknownApproval]
}

function dependencies({ parents }: WhyFacts): Block[] {
  return parents.map(({ task_id, approval_id, subject_kind }) => ({
    reason: 'dependency',
    subject_id: task_id,
    remedy: approval_id === null ? `npx muster task why ${task_id}` : answerCommand(approval_id, subject_kind ?? ''),
  }))
}

function approvals({ approvals }: WhyFacts): Block[] {
  const own = approvals.filter(({ subject_kind }) => subject_kind !== 'plan')
  return own.length > 0 ? own.map(approvalBlock) : [unknownApproval]
}

const unknownApproval: Block = { reason: 'approval', remedy: 'npx muster approvals list' }

function approvalBlock({ approval_id, subject_kind, status, due_at, effective_at }: WhyApproval): Block {
  if (status === 'decided' && effective_at !== null)
    return {
      reason: 'approval',
      subject_id: approval_id,
      until: effective_at,
      remedy: `The answer is saved and takes effect at this time. To undo it: npx muster approvals revoke ${approval_id}`,
    }
  return {
    reason: 'approval',
    subject_id: approval_id,
    until: due_at,
    remedy: answerCommand(approval_id, subject_kind),
  }
}

function answerCommand(approval_id: string, subject_kind: string): string {
  if (subject_kind === 'question') return `npx muster approvals answer ${approval_id} answer --comment TEXT`
  if (subject_kind !== 'dependency') return `npx muster approvals approve ${approval_id}`
  return `npx muster approvals answer ${approval_id} retry (or skip, continue, fail)`
}

function backoff({ task: { now, available_at } }: WhyFacts): Block[] {
  if (available_at === null || Date.parse(available_at) <= Date.parse(now)) return []
  return [{ reason: 'backoff', until: available_at, remedy: 'Muster retries the task at this time.' }]
}

function lease({ task: { task_id, run_id, run_expires_at } }: WhyFacts): Block[] {
  return [
    {
      reason: 'lease',
      ...(run_id !== null && { subject_id: run_id }),
      ...(run_expires_at !== null && { until: run_expires_at }),
      remedy: `The task is running. Its lease is renewed while the agent responds. To cancel it: npx muster task cancel ${task_id}`,
    },
  ]
}

const judged_within_ms = 60_000

/** Judging by rules is immediate, so a result that waits longer has no judge. */
function review(facts: WhyFacts): Block[] {
  const { now, run_kind, review_since } = facts.task
  if (run_kind === 'judge') return lease(facts)
  if (review_since === null) {
    const remedy = 'The project commits manually. Commit the result: POST /api/v1/judge/commit'
    return [{ reason: 'approval', remedy }]
  }
  if (Date.parse(now) - Date.parse(review_since) < judged_within_ms) return []
  return [{ reason: 'no_worker', remedy: 'No judge is running. Start a process with the judge service: npx muster up' }]
}

/** The agents that could take a ready task, as the claim chooses, and what prevents it. */
function takers(facts: WhyFacts): Block[] {
  const { task, agents, processes } = facts
  if (agents.length === 0) return [noAgent(facts)]
  const able = agents.filter(({ status, stopped }) => status === 'active' && !stopped)
  if (able.length === 0) return agents.flatMap((agent) => unable(facts, agent))
  const present = able.filter((agent) => isLocal(agent) || agent.is_present)
  const [chosen] = (task.agent_id === null ? present : able).toSorted(byLoad)
  if (chosen === undefined || (!isLocal(chosen) && !chosen.is_present)) return able.map(absent)
  const has_worker = processes.some(({ services, is_alive }) => is_alive && services.includes('worker'))
  const idle: Block[] =
    !isLocal(chosen) || has_worker
      ? []
      : [
          {
            reason: 'no_worker',
            remedy: 'No worker is running. Start a process with the worker service: npx muster up',
          },
        ]
  return [...idle, ...limitBlocks(facts, chosen)]
}

const isLocal = ({ runtime }: WhyAgent): boolean => localRuntimes.some((local) => local === runtime)

function byLoad(one: WhyAgent, other: WhyAgent): number {
  return one.live_runs - other.live_runs || (one.agent_id < other.agent_id ? -1 : 1)
}

function noAgent({ task: { agent_id, capability } }: WhyFacts): Block {
  const remedy = `npx muster agents add NAME --capability ${capability}`
  return agent_id === null
    ? { reason: 'no_agent', subject_id: capability, remedy }
    : {
        reason: 'no_agent',
        subject_id: agent_id,
        remedy: `The task names a retired agent. Add an agent (${remedy}), then retry the task.`,
      }
}

function unable({ stops }: WhyFacts, { agent_id, stopped }: WhyAgent): Block[] {
  if (!stopped) return [{ reason: 'paused', subject_id: agent_id, remedy: `npx muster agents resume ${agent_id}` }]
  return [stopBlock(stops.find(({ scope_id }) => scope_id === agent_id) ?? { scope_kind: 'agent', scope_id: agent_id })]
}

function absent({ agent_id, name, seen_at }: WhyAgent): Block {
  const last = seen_at === null ? 'has never connected' : `was last seen at ${seen_at}`
  return { reason: 'no_worker', subject_id: agent_id, remedy: `Start agent ${name}. It ${last}.` }
}

/** The limits that the claim would meet and that would refuse it. */
function limitBlocks({ limits }: WhyFacts, agent: WhyAgent): Block[] {
  return limits
    .filter(({ limit: { scope_kind, scope_id } }) => scope_kind !== 'agent' || scope_id === agent.agent_id)
    .flatMap(({ limit, refusal }) => (refusal === null ? [] : [limitBlock(limit, refusal)]))
}

function limitBlock(limit: LimitStatus, reason: Refusal['reason']): Block {
  const { id: limit_id, window_end, live_runs } = limit
  const raise = `PUT /api/v1/budgets/${limit_id}`
  if (reason === 'limit')
    return {
      reason,
      subject_id: limit_id,
      remedy: `The task starts when one of the ${live_runs} active runs ends. To raise the limit: ${raise}`,
    }
  const until = window_end === null ? {} : { until: window_end }
  return { reason, subject_id: limit_id, ...until, remedy: `Raise the budget: ${raise}` }
}
