/** The health of providers as this process has seen it: circuit breakers and retry budgets. */
import { afterFailure, afterSuccess, type Breaker, closedBreaker, pass } from '../rules/breaker.ts'
import { afterCall, afterRetry, fullBudget, type RetryBudget } from '../rules/retries.ts'

export interface ProviderHealth {
  /** Whether a call may go there now. */
  passes(id: string): boolean
  recordSuccess(id: string): void
  recordFailure(id: string): void
  /** Takes a retry out of the provider's budget; false where none is left. */
  mayRetry(id: string): boolean
  recordCall(id: string): void
}

const providers_max = 10_000

export function createProviderHealth(now: () => number = () => performance.now()): ProviderHealth {
  const breakers = new Map<string, Breaker>()
  const budgets = new Map<string, RetryBudget>()
  const keep = <Value>(map: Map<string, Value>, id: string, value: Value): void => {
    map.delete(id)
    map.set(id, value)
    if (map.size > providers_max) map.delete(map.keys().next().value ?? '')
  }
  return {
    passes(id) {
      const { passes, breaker } = pass(breakers.get(id) ?? closedBreaker, now())
      keep(breakers, id, breaker)
      return passes
    },
    recordSuccess: (id) => keep(breakers, id, afterSuccess()),
    recordFailure: (id) => keep(breakers, id, afterFailure(breakers.get(id) ?? closedBreaker, now())),
    recordCall: (id) => keep(budgets, id, afterCall(budgets.get(id) ?? fullBudget)),
    mayRetry(id) {
      const budgetLeft = afterRetry(budgets.get(id) ?? fullBudget)
      if (budgetLeft) keep(budgets, id, budgetLeft)
      return budgetLeft !== undefined
    },
  }
}
