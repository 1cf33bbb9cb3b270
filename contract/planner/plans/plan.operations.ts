import { operation } from '../../operation.ts'
import { plannerLimits } from '../limits.ts'
import { semanticFiltered, semanticFilterRequest } from '../tasks/semantic-filter.ts'
import { decomposed, decomposeRequest } from './decomposition.ts'
import { replanned, replanRequest } from './replans.ts'

export const decompose = operation({
  id: 'planner.decompose',
  method: 'POST',
  path: '/api/v1/planner/decompose',
  permission: 'goals:write',
  limits: { body_bytes: plannerLimits.plan_body_bytes_max },
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
  limits: { body_bytes: plannerLimits.plan_body_bytes_max },
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

/** The operations of plans. */
export const planOperations = [decompose, replan, semanticFilter]
