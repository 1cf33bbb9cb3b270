import { z } from 'zod'
import { goalId } from '../../ids.ts'
import { listQuery, queryInteger } from '../../lists.ts'
import { operation } from '../../operation.ts'
import { plannerLimits } from '../limits.ts'
import { planDetail, planRevisionList } from '../plans/plans.ts'
import { goalTaskQuery, taskList } from '../tasks/tasks.ts'
import { goalGraph } from './goal-graph.ts'
import { goal, goalChange, goalCreate, goalList, goalQuery, goalReason, goalRerun } from './goals.ts'

const params = z.strictObject({ id: goalId })

export const listGoals = operation({
  id: 'goals.list',
  method: 'GET',
  path: '/api/v1/goals',
  permission: 'goals:read',
  audit: false,
  summary: 'Lists goals, newest first.',
  query: goalQuery,
  response: goalList,
})

export const createGoal = operation({
  id: 'goals.create',
  method: 'POST',
  path: '/api/v1/goals',
  permission: 'goals:write',
  limits: { body_bytes: plannerLimits.plan_body_bytes_max },
  audit: true,
  summary: 'States a goal, by an explicit plan, a playbook or an outline. 202 once the whole graph is durable.',
  body: goalCreate,
  response: goal,
  status: 202,
})

export const getGoal = operation({
  id: 'goals.get',
  method: 'GET',
  path: '/api/v1/goals/{id}',
  permission: 'goals:read',
  audit: false,
  summary: 'Gives a goal: status, counts of its tasks by state, timings, what it spent.',
  params,
  response: goal,
})

export const changeGoal = operation({
  id: 'goals.change',
  method: 'PATCH',
  path: '/api/v1/goals/{id}',
  permission: 'goals:write',
  audit: true,
  summary: 'Changes the title, text or priority of a goal that has not ended.',
  params,
  body: goalChange,
  response: goal,
})

export const pauseGoal = operation({
  id: 'goals.pause',
  method: 'POST',
  path: '/api/v1/goals/{id}/pause',
  permission: 'goals:write',
  audit: true,
  summary: 'Pauses a goal: nothing new is claimed, what runs ends and commits.',
  params,
  body: goalReason.optional(),
  response: goal,
})

export const resumeGoal = operation({
  id: 'goals.resume',
  method: 'POST',
  path: '/api/v1/goals/{id}/resume',
  permission: 'goals:write',
  audit: true,
  summary: 'Resumes a paused goal, or starts one that was stored without starting.',
  params,
  response: goal,
})

export const cancelGoal = operation({
  id: 'goals.cancel',
  method: 'POST',
  path: '/api/v1/goals/{id}/cancel',
  permission: 'goals:write',
  audit: true,
  summary: 'Cancels a goal and everything of it that has not ended, running code included.',
  params,
  body: goalReason.optional(),
  response: goal,
})

export const rerunGoal = operation({
  id: 'goals.rerun',
  method: 'POST',
  path: '/api/v1/goals/{id}/rerun',
  permission: 'goals:write',
  audit: true,
  summary: 'States the goal again as a new one, with other input where the body has it.',
  params,
  body: goalRerun.optional(),
  response: goal,
  status: 202,
})

export const listGoalTasks = operation({
  id: 'goals.tasks',
  method: 'GET',
  path: '/api/v1/goals/{id}/tasks',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists the tasks of a goal in the order of its plan.',
  params,
  query: goalTaskQuery,
  response: taskList,
})

export const listGoalPlans = operation({
  id: 'goals.plans',
  method: 'GET',
  path: '/api/v1/goals/{id}/plans',
  permission: 'goals:read',
  audit: false,
  summary: 'Lists the revisions of a goal’s plan, newest first.',
  params,
  query: z.strictObject(listQuery),
  response: planRevisionList,
})

export const getGoalPlan = operation({
  id: 'goals.plan',
  method: 'GET',
  path: '/api/v1/goals/{id}/plans/{revision}',
  permission: 'goals:read',
  audit: false,
  summary: 'Gives one revision of a goal’s plan with its tasks as they were planned.',
  params: z.strictObject({ id: goalId, revision: queryInteger({ min: 1 }) }),
  response: planDetail,
})

export const getGoalGraph = operation({
  id: 'goals.graph',
  method: 'GET',
  path: '/api/v1/goals/{id}/graph',
  permission: 'goals:read',
  audit: false,
  summary: 'Gives the task graph of a goal as it runs, also as a Mermaid drawing.',
  params,
  response: goalGraph,
})

export const getGoalBundle = operation({
  id: 'goals.bundle',
  method: 'GET',
  path: '/api/v1/goals/{id}/bundle',
  permission: 'goals:read',
  audit: false,
  summary: 'Gives the results, artifacts and lineage of a goal as a zip file.',
  params,
  response: z.undefined(),
  content: 'bytes',
})

/** The operations of goals. */
export const goalOperations = [
  listGoals,
  createGoal,
  getGoal,
  changeGoal,
  pauseGoal,
  resumeGoal,
  cancelGoal,
  rerunGoal,
  listGoalTasks,
  listGoalPlans,
  getGoalPlan,
  getGoalGraph,
  getGoalBundle,
]
