import { listTaskVerdicts } from '@muster/contract/judge/operations'
import { limits } from '@muster/contract/limits'
import { decompose } from '@muster/contract/planner/plans/plan.operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { goal, remoteAgent, task } from './steps.ts'

const { ours, app, work } = await testProgram()

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
    const smith = await remoteAgent(ours, 'poisoner')
    const stated = await goal(ours, [
      task('backtracks', { capability: 'poisoner', repeat: { until: 'output.s.matches("^(a+)+$")', max: 1 } }),
      task('grows', { capability: 'poisoner', repeat: { until: 'output.l.map(x, output.s).size() > 1', max: 1 } }),
    ])
    const output = { s: `${'a'.repeat(5000)}!`, l: Array.from({ length: 20_000 }, () => 1) }
    for (const claimed of await smith.claim()) await smith.complete(claimed, output)
    expect(await stated.task('backtracks')).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^repeat_exhausted/),
    })
    expect(await stated.task('grows')).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^repeat: .*on values of this size/),
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

  it('is not read, where it cites more than the judge reads, and a person is told so', async () => {
    const file_bytes = 16 * 1024 * 1024
    const count = Math.floor(limits.cited_bytes_max / file_bytes) + 1
    const ids: string[] = []
    for (let index = 0; index < count; index += 1) ids.push(await upload(`source-${index}.txt`, file_bytes))
    const citations = ids.map((artifact_id, index) => ({
      marker: `[s${index}:0-5]`,
      artifact_id,
      byte_start: 0,
      byte_end: 5,
    }))
    const grounded = { ...banned({}), check: 'grounding' }
    const stated = await goal(ours, [
      task('cites', { input: { text: 'It is so. [s0:0-5]', citations } as never, checks: [grounded] as never }),
    ])
    await work()
    expect(await stated.statuses()).toEqual({ cites: 'awaiting_approval' })
    const { id } = await stated.task('cites')
    const verdicts = await ours.call(listTaskVerdicts, { params: { id } as never })
    expect(JSON.stringify(verdicts)).toContain(
      `Cite at most ${limits.cited_bytes_max} bytes of artifacts in one output.`,
    )
  })
})

async function upload(name: string, bytes: number): Promise<string> {
  const { id: project_id } = await ours.project()
  const form = new FormData()
  form.set('project_id', project_id)
  form.set('file', new File(['x'.repeat(bytes)], name, { type: 'text/plain' }))
  const encoded = new Response(form)
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/artifacts',
    headers: { authorization: `Bearer ${ours.key}`, 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  })
  return answer.json().data.items[0].id
}
