import { z } from 'zod'
import { projectId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listQuery } from '../lists.ts'
import { operation } from '../operation.ts'
import {
  decomposed,
  decomposeRequest,
  replanned,
  replanRequest,
  semanticFiltered,
  semanticFilterRequest,
} from '../shapes/goals.ts'
import {
  projectStatus,
  projectTaskCreate,
  projectTaskQuery,
  submittedTask,
  task,
  taskCreate,
  taskList,
  taskQuery,
  taskReason,
  taskRetry,
} from '../shapes/tasks.ts'
import { goalOperations } from './goals.ts'

const params = z.strictObject({ id: taskId })
const projectParams = z.strictObject({ id: projectId })

export const decompose = operation({
  id: 'planner.decompose',
  method: 'POST',
  path: '/api/v1/planner/decompose',
  permission: 'goals:write',
  limits: { body_bytes: limits.plan_body_bytes_max },
  audit: false,
  summary: 'Plans a goal, checks the plan and gives it back; nothing is stored.',
  body: decomposeRequest,
  response: decomposed,
})

export const replan = operation({
  id: 'planner.replan',
  method: 'POST',
  path: '/api/v1/planner/replan',
  permission: 'goals:write',
  limits: { body_bytes: limits.plan_body_bytes_max },
  audit: true,
  summary: 'Makes a new revision of a goal’s plan, given or planned anew for a reason. Finished work is kept.',
  body: replanRequest,
  response: replanned,
})

export const semanticFilter = operation({
  id: 'planner.semantic-filter',
  method: 'POST',
  path: '/api/v1/planner/semantic-filter',
  permission: 'goals:read',
  audit: false,
  summary: 'Says how far a text matters to the active goals, and whether it is worth a task.',
  body: semanticFilterRequest,
  response: semanticFiltered,
})

export const listTasks = operation({
  id: 'tasks.list',
  method: 'GET',
  path: '/api/v1/tasks',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists tasks, newest first.',
  query: taskQuery,
  response: taskList,
})

export const createTask = operation({
  id: 'tasks.create',
  method: 'POST',
  path: '/api/v1/tasks',
  permission: 'tasks:write',
  audit: true,
  summary: 'Makes a task without a goal.',
  body: taskCreate,
  response: task,
  status: 201,
})

export const getTask = operation({
  id: 'tasks.get',
  method: 'GET',
  path: '/api/v1/tasks/{id}',
  permission: 'tasks:read',
  audit: false,
  summary: 'Gives a task with its counters and its output.',
  params,
  response: task,
})

export const cancelTask = operation({
  id: 'tasks.cancel',
  method: 'POST',
  path: '/api/v1/tasks/{id}/cancel',
  permission: 'tasks:write',
  audit: true,
  summary: 'Cancels a task; running code is told.',
  params,
  body: taskReason.optional(),
  response: task,
})

export const retryTask = operation({
  id: 'tasks.retry',
  method: 'POST',
  path: '/api/v1/tasks/{id}/retry',
  permission: 'tasks:write',
  audit: true,
  summary:
    'Tries an ended task again, with other input where the body has it, as a new row in a new plan revision together with what hung on it.',
  params,
  body: taskRetry.optional(),
  response: task,
  status: 202,
})

export const skipTask = operation({
  id: 'tasks.skip',
  method: 'POST',
  path: '/api/v1/tasks/{id}/skip',
  permission: 'tasks:write',
  audit: true,
  summary: 'Skips a task that has not ended.',
  params,
  body: taskReason.optional(),
  response: task,
})

export const listProjectTasks = operation({
  id: 'projects.tasks',
  method: 'GET',
  path: '/api/v1/projects/{id}/tasks',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists the tasks of a project, newest first.',
  params: projectParams,
  query: projectTaskQuery,
  response: taskList,
})

export const createProjectTask = operation({
  id: 'projects.tasks.create',
  method: 'POST',
  path: '/api/v1/projects/{id}/tasks',
  permission: 'tasks:write',
  audit: true,
  summary: 'Makes a task without a goal in a project.',
  params: projectParams,
  body: projectTaskCreate,
  response: submittedTask,
  status: 201,
})

// The path belongs to projects, but what it tells is about tasks, which projects know nothing of.
export const getProjectStatus = operation({
  id: 'projects.status',
  method: 'GET',
  path: '/api/v1/projects/{id}/status',
  permission: 'projects:read',
  audit: false,
  summary: 'Gives a project’s tasks with their states.',
  params: projectParams,
  query: z.strictObject(listQuery),
  response: projectStatus,
})

export const plannerOperations = [
  ...goalOperations,
  decompose,
  replan,
  semanticFilter,
  listTasks,
  createTask,
  getTask,
  cancelTask,
  retryTask,
  skipTask,
  listProjectTasks,
  createProjectTask,
  getProjectStatus,
]
