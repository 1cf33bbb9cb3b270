import { z } from 'zod'
import { agentId, approvalId, goalId } from '../../ids.ts'
import { count, type Data } from '../../values.ts'
import { edge } from '../plans/plans.ts'
import { task } from '../tasks/tasks.ts'

/** A task in the graph of its goal. */
export const goalNode = task
  .pick({
    id: true,
    title: true,
    capability: true,
    status: true,
    reason: true,
    parent_id: true,
    counters: true,
    ready_at: true,
    started_at: true,
    ended_at: true,
  })
  .extend({
    key: z.string(),
    agent_id: agentId.optional().describe('Who works on it, else who did last, else the agent it is pinned to.'),
    is_leaf: z.boolean().describe('Nothing depends on it: its output is a result of the goal.'),
    approval_id: approvalId.optional().describe('Of a question about it that waits for a person.'),
  })
export type GoalNode = Data<z.output<typeof goalNode>>

/** The graph of a goal as it runs; `mermaid` is the same as a drawing. */
export const goalGraph = z.object({
  goal_id: goalId,
  plan_revision: count,
  nodes: z.array(goalNode),
  edges: z.array(edge).describe('By task id.'),
  mermaid: z.string(),
})
export type GoalGraph = Data<z.output<typeof goalGraph>>
