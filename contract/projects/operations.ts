import { z } from 'zod'
import { organizationId, projectId } from '../ids.ts'
import { listQuery } from '../lists.ts'
import { operation } from '../operation.ts'
import { policyInput, policyRollback, policyVersion, policyVersionList } from './policies.ts'
import { project, projectChange, projectCreate, projectList, projectQuery } from './projects.ts'
import { stop, stopRaise } from './stops.ts'

const params = z.strictObject({ id: projectId })

export const listProjects = operation({
  id: 'projects.list',
  method: 'GET',
  path: '/api/v1/projects',
  permission: 'projects:read',
  audit: false,
  summary: 'Lists projects, newest first.',
  query: projectQuery,
  response: projectList,
})

export const createProject = operation({
  id: 'projects.create',
  method: 'POST',
  path: '/api/v1/projects',
  permission: 'projects:write',
  audit: true,
  summary: 'Makes a project. Only a name is needed.',
  body: projectCreate,
  response: project,
  status: 201,
})

export const getProject = operation({
  id: 'projects.get',
  method: 'GET',
  path: '/api/v1/projects/{id}',
  permission: 'projects:read',
  audit: false,
  summary: 'Gives one project.',
  params,
  response: project,
})

export const changeProject = operation({
  id: 'projects.change',
  method: 'PATCH',
  path: '/api/v1/projects/{id}',
  permission: 'projects:write',
  audit: true,
  summary: 'Changes the name, description or time zone of a project.',
  params,
  body: projectChange,
  response: project,
})

export const pauseProject = operation({
  id: 'projects.pause',
  method: 'POST',
  path: '/api/v1/projects/{id}/pause',
  permission: 'projects:write',
  audit: true,
  summary: 'Pauses a project: nothing new is claimed, what runs ends and commits.',
  params,
  response: project,
})

export const resumeProject = operation({
  id: 'projects.resume',
  method: 'POST',
  path: '/api/v1/projects/{id}/resume',
  permission: 'projects:write',
  audit: true,
  summary: 'Resumes a paused project.',
  params,
  response: project,
})

export const stopProject = operation({
  id: 'projects.stop',
  method: 'POST',
  path: '/api/v1/projects/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Raises an emergency stop over a project.',
  params,
  body: stopRaise,
  response: stop,
})

export const liftProjectStop = operation({
  id: 'projects.stop.lift',
  method: 'DELETE',
  path: '/api/v1/projects/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Lifts the emergency stop of a project.',
  params,
  response: stop,
})

const organizationParams = z.strictObject({ id: organizationId })

export const stopOrganization = operation({
  id: 'organization.stop',
  method: 'POST',
  path: '/api/v1/orgs/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Raises an emergency stop over the whole organization.',
  params: organizationParams,
  body: stopRaise,
  response: stop,
})

export const liftOrganizationStop = operation({
  id: 'organization.stop.lift',
  method: 'DELETE',
  path: '/api/v1/orgs/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Lifts the emergency stop of the organization.',
  params: organizationParams,
  response: stop,
})

export const getPolicy = operation({
  id: 'policy.get',
  method: 'GET',
  path: '/api/v1/projects/{id}/policy',
  permission: 'policy:read',
  audit: false,
  summary: 'Gives the policy in force. Its version is the ETag.',
  params,
  response: policyVersion,
})

export const putPolicy = operation({
  id: 'policy.put',
  method: 'PUT',
  path: '/api/v1/projects/{id}/policy',
  permission: 'policy:write',
  audit: true,
  summary: 'Replaces the policy by a new version. What the body leaves out has its default.',
  params,
  body: policyInput,
  response: policyVersion,
  headers: ['If-Match'],
})

export const listPolicyVersions = operation({
  id: 'policy.versions',
  method: 'GET',
  path: '/api/v1/projects/{id}/policy/versions',
  permission: 'policy:read',
  audit: false,
  summary: 'Lists the versions of the policy, newest first.',
  params,
  query: z.strictObject(listQuery),
  response: policyVersionList,
})

export const rollBackPolicy = operation({
  id: 'policy.rollback',
  method: 'POST',
  path: '/api/v1/projects/{id}/policy/rollback',
  permission: 'policy:write',
  audit: true,
  summary: 'Makes a new version of the policy that repeats an old one.',
  params,
  body: policyRollback,
  response: policyVersion,
})

/** The operations of projects. */
export const projectsOperations = [
  stopOrganization,
  liftOrganizationStop,
  listProjects,
  createProject,
  getProject,
  changeProject,
  pauseProject,
  resumeProject,
  stopProject,
  liftProjectStop,
  getPolicy,
  putPolicy,
  listPolicyVersions,
  rollBackPolicy,
]
