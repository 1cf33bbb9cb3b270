import { z } from 'zod'
import { projectId, taskId } from '../../ids.ts'
import { listQuery } from '../../lists.ts'
import { operation } from '../../operation.ts'
import { accessToTasks, taskCreate } from '../../task-kinds.ts'
import { projectTaskCreate } from './task-definitions.ts'
import {
  projectStatus,
  projectTaskQuery,
  submittedTask,
  task,
  taskList,
  taskQuery,
  taskReason,
  taskRetry,
} from './tasks.ts'

const params = z.strictObject({ id: taskId })
const projectParams = z.strictObject({ id: projectId })

export const listTasks = operation({
  id: 'tasks.list',
  method: 'GET',
  path: '/api/v1/tasks',
  permission: accessToTasks('read'),
  audit: false,
  summary: 'Lists tasks, newest first.',
  query: taskQuery,
  response: taskList,
})

export const createTask = operation({
  id: 'tasks.create',
  method: 'POST',
  path: '/api/v1/tasks',
  permission: accessToTasks('write'),
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
  permission: accessToTasks('read'),
  audit: false,
  summary: 'Gives a task with its counters and its output.',
  params,
  response: task,
})

export const cancelTask = operation({
  id: 'tasks.cancel',
  method: 'POST',
  path: '/api/v1/tasks/{id}/cancel',
  permission: accessToTasks('write'),
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
  permission: accessToTasks('write'),
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
  permission: accessToTasks('write'),
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
  permission: accessToTasks('read'),
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

/** The operations of tasks. */
export const taskOperations = [
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
