/** The budget of one run for calls of models: the least of its task's budget and its agent's settings. Pure. */
import type { RunBudget, Spend } from '../../gateway/gateway.port.ts'

export interface Ceiling {
  /** Absent: no ceiling of the run's own. */
  readonly cost_micro_usd?: number | undefined
  readonly tokens?: number | undefined
}

export interface MeteredRunBudget extends RunBudget {
  /** What has been used so far. */
  spent(): Spend
}

export function createRunBudget(
  ceilings: readonly Ceiling[],
  before: Spend = { cost_micro_usd: 0, tokens: 0 },
): MeteredRunBudget {
  const cost_max = least(ceilings.map(({ cost_micro_usd }) => cost_micro_usd))
  const tokens_max = least(ceilings.map(({ tokens }) => tokens))
  let { cost_micro_usd: cost_used, tokens: tokens_used } = before
  let cost_held = 0
  let tokens_held = 0
  return {
    hold({ cost_micro_usd, tokens }) {
      if (cost_used + cost_held + cost_micro_usd > cost_max) return false
      if (tokens_used + tokens_held + tokens > tokens_max) return false
      cost_held += cost_micro_usd
      tokens_held += tokens
      return true
    },
    settle(worst, spend) {
      cost_held -= worst.cost_micro_usd
      tokens_held -= worst.tokens
      cost_used += spend.cost_micro_usd
      tokens_used += spend.tokens
    },
    spent: () => ({ cost_micro_usd: cost_used, tokens: tokens_used }),
  }
}

/** A task's budget, where 0 says that it has none. */
export function taskCeiling({ cost_micro_usd, tokens }: Spend): Ceiling {
  return { ...(cost_micro_usd > 0 && { cost_micro_usd }), ...(tokens > 0 && { tokens }) }
}

function least(ceilings: readonly (number | undefined)[]): number {
  return Math.min(...ceilings.map((ceiling) => ceiling ?? Number.POSITIVE_INFINITY))
}
