import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { broken, type Ends } from './checks.ts'
import { actionOf, type Drawn, operation_max, perform, told } from './operations.ts'
import { runsOf, seedOf } from './seed.ts'
import { createWorld, type WorldDefect } from './world.ts'

const steps = 50
const drawn = fc.tuple(fc.nat({ max: operation_max }), fc.nat())
const sequence = fc.array(drawn, { minLength: steps, maxLength: steps })

/** Plays a sequence in the world. Throws after the first step that breaks a rule, and tells the steps up to there. */
function play(sequence: readonly Drawn[], defect?: WorldDefect): void {
  const world = createWorld({ defect })
  const ends: Ends = new Map()
  const trace: string[] = []
  for (const step of sequence) {
    const action = actionOf(world, step)
    if (!action) continue
    trace.push(told(action))
    try {
      perform(world, action)
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${trace.join('\n')}`, { cause: error })
    }
    const problems = broken(world, ends)
    if (problems.length > 0) throw new Error([...problems, ...trace].join('\n'))
  }
}

describe('the model of the state machines', () => {
  it('keeps the rules that always hold, whatever happens in whatever order', () => {
    const seed = seedOf('the model')
    fc.assert(
      fc.property(sequence, (given) => play(given)),
      { numRuns: runsOf(3_000), seed },
    )
  }, 120_000)

  for (const defect of ['no_fence', 'no_ceiling', 'lost_hold', 'free_on_failure'] satisfies WorldDefect[])
    it(`goes red on a seeded defect: ${defect}`, () => {
      const found = fc.check(
        fc.property(sequence, (given) => {
          play(given, defect)
        }),
        { numRuns: 500, seed: 1, endOnFailure: true },
      )
      expect(found.failed).toBe(true)
    })
})
