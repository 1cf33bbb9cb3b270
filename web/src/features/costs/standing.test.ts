import { expect, it } from 'vitest'
import { standing } from './standing.ts'

const usage = (cost_micro_usd: number, tokens: number) => ({ cost_micro_usd, tokens, live_runs: 0 })

it('warns from nine tenths of any limit on, and says closed before anything else', () => {
  for (const [budget, expected] of [
    [{ closed: false, cost_micro_usd: 100, used: usage(89, 1_000) }, 'open'],
    [{ closed: false, cost_micro_usd: 100, used: usage(90, 0) }, 'warns'],
    [{ closed: false, cost_micro_usd: 100, tokens: 50, used: usage(0, 45) }, 'warns'],
    [{ closed: true, cost_micro_usd: 100, used: usage(95, 0) }, 'closed'],
    // A limit that was lowered to what is used admits nothing more, before anything has asked.
    [{ closed: false, cost_micro_usd: 100, used: usage(100, 0) }, 'closed'],
    [{ closed: false, used: usage(1_000, 1_000) }, 'open'],
  ] as const)
    expect([budget, standing(budget)]).toEqual([budget, expected])
})
