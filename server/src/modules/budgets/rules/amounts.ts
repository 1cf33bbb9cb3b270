/** Arithmetic of amounts. A sum stays within what JavaScript counts exactly; the tables clamp likewise. */
import type { Amounts } from '../budgets.port.ts'

export const no_amounts: Amounts = { cost_micro_usd: 0, tokens: 0 }

export const spends = ({ cost_micro_usd, tokens }: Amounts): boolean => cost_micro_usd > 0 || tokens > 0

export function plus(a: Amounts, b: Amounts): Amounts {
  return { cost_micro_usd: safeSum(a.cost_micro_usd, b.cost_micro_usd), tokens: safeSum(a.tokens, b.tokens) }
}

export function minus(a: Amounts, b: Amounts): Amounts {
  return plus(a, times(b, -1))
}

export function times({ cost_micro_usd, tokens }: Amounts, count: number): Amounts {
  return { cost_micro_usd: cost_micro_usd * count, tokens: tokens * count }
}

export function sumOf(all: readonly Amounts[]): Amounts {
  return all.reduce(plus, no_amounts)
}

/** The lesser of both, each measure by itself. */
export function least(a: Amounts, b: Amounts): Amounts {
  return { cost_micro_usd: Math.min(a.cost_micro_usd, b.cost_micro_usd), tokens: Math.min(a.tokens, b.tokens) }
}

/** Whether there is room for the amounts. */
export function fits(amounts: Amounts, room: Amounts): boolean {
  return amounts.cost_micro_usd <= room.cost_micro_usd && amounts.tokens <= room.tokens
}

function safeSum(a: number, b: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, a + b))
}
