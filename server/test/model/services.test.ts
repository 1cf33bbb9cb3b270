import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { broken, type Ends } from './checks.ts'
import { actionOf, type Drawn, operation_max, perform, told } from './operations.ts'
import { runsOf, seedOf } from './seed.ts'
import { createServices, type ServiceDefect } from './services.ts'
import { brokenTables, type Ended, readTables } from './tables.ts'
import { createWorld } from './world.ts'

const test = await testProgram()
const steps = 50
const drawn = fc.tuple(fc.nat({ max: operation_max }), fc.nat())
const sequence = fc.array(drawn, { minLength: steps, maxLength: steps })

/** Plays a sequence in the services and in the world at once. Throws after the first step that breaks a rule. */
async function play(sequence: readonly Drawn[], defect?: ServiceDefect): Promise<void> {
  const services = await createServices(test, defect)
  const world = createWorld()
  const [ends, ended]: [Ends, Ended] = [new Map(), new Map()]
  const trace: string[] = []
  try {
    for (const step of sequence) {
      const action = actionOf(world, step)
      if (!action) continue
      trace.push(told(action))
      const problems: string[] = []
      const { said, claimed } = await services.perform(world, action)
      if (claimed) {
        const free = new Set(world.claimable())
        problems.push(
          ...claimed
            .filter((task) => !free.has(task))
            .map((task) => `${task.goal.id}.${task.key} was claimed and is ${task.status}`),
        )
        if (world.fits(claimed).length < claimed.length) problems.push('more was claimed than fits')
        const rest = [...free].filter((task) => !claimed.includes(task))
        world.claim(claimed)
        if (action.kind === 'claim' && claimed.length < action.max && world.fits(rest).length > 0)
          problems.push('something fits and was not claimed')
        trace.push(`  → ${claimed.map((task) => `${task.goal.id}.${task.key}`).join(' ')}`)
      } else {
        const expected = perform(world, action)
        if (said !== expected) problems.push(`it answered ${said}, and in the model ${expected}`)
      }
      const tables = await services.look(world)
      problems.push(...broken(world, ends), ...brokenTables(tables, ended), ...services.differences(world))
      if (problems.length > 0) throw new Error([...problems, ...trace].join('\n'))
    }
    const strangers = await readTables(test.database, services.theirs.organization_id)
    expect([strangers.tasks, strangers.events.filter(({ task_id }) => task_id !== undefined)]).toEqual([[], []])
  } finally {
    await services.leave()
  }
}

describe('the services', () => {
  it('stand as the model does and keep its rules, whatever happens in whatever order', async () => {
    const seed = seedOf('the services')
    await fc.assert(
      fc.asyncProperty(sequence, (given) => play(given)),
      { numRuns: runsOf(70), seed, endOnFailure: true },
    )
  }, 3_600_000)

  for (const defect of [
    'no_fence',
    'lost_queue_row',
    'lost_hold',
    'forgotten_event',
    'second_commit',
  ] satisfies ServiceDefect[])
    it(`are found out with a seeded defect: ${defect}`, async () => {
      const found = await fc.check(
        fc.asyncProperty(sequence, (given) => play(given, defect)),
        { numRuns: 30, seed: 1, endOnFailure: true },
      )
      expect(found.failed).toBe(true)
    }, 60_000)
})
