/** The health of providers as this process has seen it: circuit breakers and retry budgets. */
import { type Breaker, closed, failed, pass, succeeded } from '../rules/breaker.ts'
import { afterCall, afterRetry, fullBudget, type RetryBudget } from '../rules/retries.ts'

export interface ProviderHealth {
  /** Whether a call may go there now. */
  passes(id: string): boolean
  succeeded(id: string): void
  failed(id: string): void
  /** Takes a retry out of the provider's budget; false where none is left. */
  mayRetry(id: string): boolean
  called(id: string): void
}

const providers_max = 10_000

export function createHealth(now: () => number = () => performance.now()): ProviderHealth {
  const breakers = new Map<string, Breaker>()
  const budgets = new Map<string, RetryBudget>()
  const keep = <Value>(map: Map<string, Value>, id: string, value: Value): void => {
    map.delete(id)
    map.set(id, value)
    if (map.size > providers_max) map.delete(map.keys().next().value ?? '')
  }
  return {
    passes(id) {
      const { passes, breaker } = pass(breakers.get(id) ?? closed, now())
      keep(breakers, id, breaker)
      return passes
    },
    succeeded: (id) => keep(breakers, id, succeeded()),
    failed: (id) => keep(breakers, id, failed(breakers.get(id) ?? closed, now())),
    called: (id) => keep(budgets, id, afterCall(budgets.get(id) ?? fullBudget)),
    mayRetry(id) {
      const left = afterRetry(budgets.get(id) ?? fullBudget)
      if (left) keep(budgets, id, left)
      return left !== undefined
    },
  }
}
