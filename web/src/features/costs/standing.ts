import type { Budget } from '@muster/contract/budgets/budgets'

/** From this share on a budget warns, as the server does. */
const warns_from = 0.9

/** How a budget stands: nothing more is admitted, it is nearly used up, or there is room. */
export function standing(
  budget: Pick<Budget, 'closed' | 'used' | 'cost_micro_usd' | 'tokens'>,
): 'closed' | 'warns' | 'open' {
  const { closed, used, cost_micro_usd, tokens } = budget
  const reaches = (share: number): boolean =>
    (cost_micro_usd !== undefined && used.cost_micro_usd >= cost_micro_usd * share) ||
    (tokens !== undefined && used.tokens >= tokens * share)
  if (closed || reaches(1)) return 'closed'
  return reaches(warns_from) ? 'warns' : 'open'
}
