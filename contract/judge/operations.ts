import { z } from 'zod'
import { taskId } from '../ids.ts'
import { listQuery } from '../lists.ts'
import { operation } from '../operation.ts'
import { verdict, verdictList } from '../worker/verdicts.ts'
import { agreementQuery, agreementReport } from './agreement.ts'
import { commitRequest, committed } from './commits.ts'
import { validateRequest } from './validation.ts'

export const validateResult = operation({
  id: 'judge.validate',
  method: 'POST',
  path: '/api/v1/judge/validate',
  permission: 'verdicts:write',
  audit: true,
  summary: 'Judges a run that waits now, or judges a given result and records nothing.',
  body: validateRequest,
  response: verdict,
})

export const commitVerdict = operation({
  id: 'judge.commit',
  method: 'POST',
  path: '/api/v1/judge/commit',
  permission: 'verdicts:write',
  audit: true,
  summary: 'Commits the result of a verdict that routes to a commit, where policy leaves that to the caller.',
  body: commitRequest,
  response: committed,
})

export const listTaskVerdicts = operation({
  id: 'tasks.verdicts',
  method: 'GET',
  path: '/api/v1/tasks/{id}/verdicts',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists the verdicts on a task’s runs with their evidence, newest first.',
  params: z.strictObject({ id: taskId }),
  query: z.strictObject(listQuery),
  response: verdictList,
})

export const getAgreement = operation({
  id: 'judge.agreement',
  method: 'GET',
  path: '/api/v1/judge/agreement',
  permission: 'tasks:read',
  audit: false,
  summary: 'Says how often people decided as the judge and its rubrics would have, for each kind of task.',
  query: agreementQuery,
  response: agreementReport,
})

/** The operations of the judge. */
export const judgeOperations = [validateResult, commitVerdict, listTaskVerdicts, getAgreement]
