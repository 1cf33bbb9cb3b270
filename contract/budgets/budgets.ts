import { z } from 'zod'
import { budgetId } from '../ids.ts'
import { listOf, listQuery } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { amount, count, type Data, int4, microUsd, text, timestamp } from '../values.ts'

/** What a budget can limit. */
export const budgetScopes = ['organization', 'project', 'campaign', 'goal', 'agent'] as const
export type BudgetScope = (typeof budgetScopes)[number]
/** The time that the sums of a budget are counted over. */
export const budgetWindows = ['day', 'goal', 'run', 'total'] as const
export type BudgetWindow = (typeof budgetWindows)[number]

const scopeId = text({ min: 1, max: platformLimits.name_characters_max })

const amounts = {
  cost_micro_usd: amount.optional(),
  tokens: amount.optional(),
  live_runs: int4().optional().describe('Runs at the same time; has no window.'),
}

/** What was used of a budget, or is held of it. */
export const budgetUsage = z.object({ cost_micro_usd: microUsd, tokens: count, live_runs: count })

/** A limit on a scope and what has been used of it. Of the three amounts, those that are absent are not limited. */
export const budget = z.object({
  id: budgetId,
  scope: z.object({ kind: z.enum(budgetScopes), id: z.string() }),
  window: z
    .enum(budgetWindows)
    .describe(
      'day: a day in `time_zone`. goal: each goal by itself. run: each run by itself, and each call outside of one. total: since it was set.',
    ),
  ...amounts,
  closed: z.boolean().describe('Nothing more is admitted until the window turns or the limit is raised.'),
  held: budgetUsage.describe('Held for what runs now.'),
  used: budgetUsage.describe('Settled in the current window.'),
  time_zone: z.string().describe('Of the window day: that of the scope’s project; UTC where it belongs to none.'),
  window_started_at: timestamp.optional(),
  created_at: timestamp,
})
export type Budget = Data<z.output<typeof budget>>

const hasAmount = (body: { cost_micro_usd?: unknown; tokens?: unknown; live_runs?: unknown }) =>
  body.cost_micro_usd !== undefined || body.tokens !== undefined || body.live_runs !== undefined
const oneAmount = { error: 'must have at least one of cost_micro_usd, tokens, live_runs', path: ['cost_micro_usd'] }

/** A new budget. */
export const budgetCreate = z
  .strictObject({
    scope: z.strictObject({
      kind: z.enum(budgetScopes),
      id: scopeId.optional().describe('May be left out for the organization, which is the caller’s.'),
    }),
    window: z.enum(budgetWindows).default('total'),
    ...amounts,
  })
  .refine((body) => body.scope.kind === 'organization' || body.scope.id !== undefined, {
    error: 'is required for this kind',
    path: ['scope', 'id'],
  })
  .refine(hasAmount, oneAmount)
  .refine((body) => body.window !== 'run' || body.live_runs === undefined, {
    error: 'has no meaning for one run',
    path: ['live_runs'],
  })
export type BudgetCreate = Data<z.output<typeof budgetCreate>>

/** Replaces the amounts; one that is left out is no longer limited. */
export const budgetPut = z.strictObject(amounts).refine(hasAmount, oneAmount)
export type BudgetPut = Data<z.output<typeof budgetPut>>

/** Which budgets are listed. */
export const budgetQuery = z.strictObject({
  ...listQuery,
  scope_kind: z.enum(budgetScopes).optional(),
  scope_id: scopeId.optional(),
})
/** A page of budgets. */
export const budgetList = listOf(budget)
