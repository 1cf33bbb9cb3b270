import { operation } from '@muster/contract/operation'
import { z } from 'zod'
export const find = operation({
  id: 'dashboard.find',
  method: 'GET',
  path: '/api/v1/find',
  permission: 'goals:read',
  audit: false,
  summary: '',
  query: z.strictObject({ q: z.string(), project_id: z.string().optional(), limit: z.number().optional() }),
  response: z.object({
    items: z.array(
      z.object({
        kind: z.enum(['goal', 'task', 'run', 'approval', 'artifact', 'agent', 'project', 'document']),
        id: z.string(),
        title: z.string(),
        number: z.number().optional(),
        project_id: z.string().optional(),
        goal_id: z.string().optional(),
        status: z.string().optional(),
      }),
    ),
  }),
})
