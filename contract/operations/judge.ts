import { operation } from '../operation.ts'
import { commitRequest, committed, validateRequest, verdict } from '../shapes/verdicts.ts'

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

export const judgeOperations = [validateResult, commitVerdict]
