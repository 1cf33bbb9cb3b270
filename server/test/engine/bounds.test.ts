import { decompose } from '@muster/contract/operations/planner'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { goal, hand, task } from './steps.ts'

const { ours, work } = await testProgram()

const banned = (params: object) => ({
  check: 'banned_content',
  severity: 'warning',
  weight: 0.5,
  measures: 'quality',
  violation_from: 0.5,
  params,
})

describe('what callers write', () => {
  it('is evaluated between two tries of the transaction that settles, where it is large', async () => {
    const text = 'lorem ipsum dolor '.repeat(8000)
    const words = Array.from({ length: 500 }, (_, index) => `lorem ipsum dolor lorem ${index}`)
    const patterns = Array.from({ length: 50 }, (_, index) => `(l|i|d)[a-z]{1,${index + 1}}\\s+x${index}`)
    const stated = await goal(ours, [
      task('checked', { input: { text }, checks: [banned({ words, patterns })] as never }),
      task('shaped', {
        input: { text },
        output_schema: { properties: { text: { pattern: '^(lorem|ipsum|dolor| )+$' } } },
      }),
      task('small', {}),
    ])
    await work()
    expect(await stated.statuses()).toEqual({ checked: 'done', shaped: 'done', small: 'done' })
  })

  it('ends a repeated task by its condition, whatever it is', async () => {
    const smith = await hand(ours, 'poisoner')
    const stated = await goal(ours, [
      task('backtracks', { capability: 'poisoner', repeat: { until: 'output.s.matches("^(a+)+$")', max: 1 } }),
      task('grows', { capability: 'poisoner', repeat: { until: 'output.l.map(x, output.s).size() > 1', max: 1 } }),
    ])
    const output = { s: `${'a'.repeat(5000)}!`, l: Array.from({ length: 20_000 }, () => 1) }
    for (const claimed of await smith.claim()) await smith.complete(claimed, output)
    expect(await stated.task('backtracks')).toMatchObject({
      status: 'failed',
      because: expect.stringMatching(/^repeat_exhausted/),
    })
    expect(await stated.task('grows')).toMatchObject({
      status: 'failed',
      because: expect.stringMatching(/^repeat: .*on values of this size/),
    })
  })

  it('is refused before it fills the memory', async () => {
    const line = `\${v}`.repeat(2000)
    const playbook = `name: x\nvariables:\n  v: {type: string}\ntasks:\n - {key: a, capability: noop, input: ["${line}", "${line}"]}\n`
    const refused = await ours.send(decompose, {
      body: { title: 'x', variables: { v: 'x'.repeat(50_000) }, playbook } as never,
    })
    expect(refused.error).toMatchObject({ code: 'invalid', detail: { field: 'playbook.tasks' } })
  })

  it('fails its check where a schema would take too long', async () => {
    // References that double the work at each step, more often than anybody can wait.
    const doubled = (depth: number) =>
      Object.fromEntries(Array.from({ length: depth }, (_, at) => [`d${at}`, { allOf: [ref(at + 1), ref(at + 1)] }]))
    const ref = (at: number) => ({ $ref: `#/$defs/d${at}` })
    const output_schema = { $defs: { ...doubled(30), d30: { type: 'object' } }, ...ref(0) }
    const stated = await goal(ours, [task('doubled', { input: {}, output_schema: output_schema as never })])
    await work()
    expect(await stated.statuses()).toEqual({ doubled: 'awaiting_approval' })
  })
})
