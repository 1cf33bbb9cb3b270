/** The budget of one run for calls of models: the least of its task's budget and its agent's settings. Pure. */
import type { Amounts, RunBudget } from '../../budgets/budgets.port.ts'

export interface Ceiling {
  /** Absent: no ceiling of the run's own. */
  readonly cost_micro_usd?: number | undefined
  readonly tokens?: number | undefined
}

export interface MeteredRunBudget extends RunBudget {
  /** What has been used so far. */
  spent(): Amounts
}

export function createRunBudget(
  ceilings: readonly Ceiling[],
  before: Amounts = { cost_micro_usd: 0, tokens: 0 },
): MeteredRunBudget {
  const costMax = least(ceilings.map(({ cost_micro_usd }) => cost_micro_usd))
  const tokensMax = least(ceilings.map(({ tokens }) => tokens))
  let { cost_micro_usd: costUsed, tokens: tokensUsed } = before
  let costHeld = 0
  let tokensHeld = 0
  return {
    hold({ cost_micro_usd, tokens }) {
      if (costUsed + costHeld + cost_micro_usd > costMax) return false
      if (tokensUsed + tokensHeld + tokens > tokensMax) return false
      costHeld += cost_micro_usd
      tokensHeld += tokens
      return true
    },
    settle(worst, spend) {
      costHeld -= worst.cost_micro_usd
      tokensHeld -= worst.tokens
      costUsed += spend.cost_micro_usd
      tokensUsed += spend.tokens
    },
    spent: () => ({ cost_micro_usd: costUsed, tokens: tokensUsed }),
  }
}

/** A task's budget, where 0 says that it has none. */
export function taskCeiling({ cost_micro_usd, tokens }: Amounts): Ceiling {
  return { ...(cost_micro_usd > 0 && { cost_micro_usd }), ...(tokens > 0 && { tokens }) }
}

function least(ceilings: readonly (number | undefined)[]): number {
  return Math.min(...ceilings.map((ceiling) => ceiling ?? Number.POSITIVE_INFINITY))
}
