import { expect, it } from 'vitest'
import { seedOf } from '../model/seed.ts'
import { runStalls } from './run.ts'

const inputs = Number(process.env.MUSTER_TEST_STALL_INPUTS ?? 200)

it(
  'no generated input keeps the main thread from answering for longer than a tenth of a second',
  async () => {
    const { stalls, failures } = await runStalls({ inputs, seed: seedOf('stalls') })
    expect(stalls).toEqual([])
    expect(failures).toEqual([])
  },
  10 * 60_000,
)
