import { createBudget } from '@muster/contract/budgets/operations'
import { listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createKey } from '@muster/contract/identity/operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../../../test/program.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import { offlineAdapter } from './adapters/offline/offline.ts'
import { offlineQuestion } from './adapters/offline/offline-question.ts'

const made = await testProgram()
const { app, ours, theirs } = made

async function post(path: string, body: unknown, { key = ours.key, headers = {} } = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: path,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(body),
  })
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json() }
}

const report =
  'The old bridge closes on Monday. Trams will turn at the river until May. The library stays open. Repairs of the bridge cost two million.'
const question = [
  { role: 'system', content: report },
  { role: 'user', content: 'What do the repairs of the bridge cost?' },
]

describe('the offline model', () => {
  it('answers from what was sent, with places, and says that no model was asked', async () => {
    const { status, json, headers } = await post('/v1/chat/completions', { model: 'offline', messages: question })
    expect(status).toBe(200)
    const { choices, usage, object, model } = json()
    expect([object, model, choices[0].finish_reason]).toEqual(['chat.completion', 'offline', 'stop'])
    const { content } = choices[0].message
    expect(content).toMatch(/^Offline: no model was asked/)
    const [quoted = '', place = ''] = /- (.+) \[message 1:(\d+-\d+)\]/.exec(content)?.slice(1) ?? []
    expect(quoted).toBe('Repairs of the bridge cost two million.')
    const [start, end] = place.split('-').map(Number)
    expect(report.slice(start, end)).toBe(quoted)
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    expect(headers).toMatchObject({
      'x-muster-model': 'offline@0',
      'x-muster-provider': 'offline',
      'x-muster-attempts': '1',
    })
  })

  it('streams the same words, with usage where it was asked for', async () => {
    const whole = (await post('/v1/chat/completions', { model: 'offline', messages: question })).json()
    const streamed = { model: 'offline', messages: question, stream: true, stream_options: { include_usage: true } }
    const { text, headers } = await post('/v1/chat/completions', streamed)
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const lines = text.split('\n\n').filter((line) => line !== '')
    expect(lines.at(-1)).toBe('data: [DONE]')
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)))
    const words = chunks.flatMap(({ choices }) =>
      choices.map(({ delta }: { delta: { content?: string } }) => delta.content),
    )
    expect(words.join('')).toBe(whole.choices[0].message.content)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    const plain = await post('/v1/chat/completions', { ...streamed, stream_options: undefined })
    expect(plain.text).not.toContain('"usage"')
  })

  it('embeds in 1024 dimensions: alike texts are near, floats and base64 say the same', async () => {
    const input = ['The bridge closes on Monday', 'On Monday the bridges are closed', 'Quarterly revenue of a bakery']
    const { data, usage } = (await post('/v1/embeddings', { model: 'offline-embed', input })).json()
    const [one, other, far] = data.map(({ embedding }: { embedding: number[] }) => embedding)
    expect([one.length, data.length, usage.prompt_tokens > 0]).toEqual([1024, 3, true])
    const cosine = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
    expect(cosine(one, one)).toBeCloseTo(1, 5)
    expect(cosine(one, other)).toBeGreaterThan(cosine(one, far) + 0.3)
    const body = { model: 'offline-embed', input: input[0], encoding_format: 'base64' }
    const packed = Buffer.from((await post('/v1/embeddings', body)).json().data[0].embedding, 'base64')
    const floats = new Float32Array(packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.length))
    expect([...floats]).toEqual(one)
    const refused = await post('/v1/embeddings', { ...body, dimensions: 512 })
    expect([refused.status, refused.json().error.param]).toEqual([400, 'dimensions'])
  })

  it('is not held up by monsters, and holds up nobody', async () => {
    const word = 'x'.repeat(5_000_000)
    const many = Array.from({ length: 200_000 }, (_, at) => `word${at}`).join(' ')
    const messages = [...question, { role: 'user', content: word }, { role: 'user', content: many }]
    let turns = 0
    const timer = setInterval(() => (turns += 1), 10)
    expect((await post('/v1/chat/completions', { model: 'offline', messages })).status).toBe(200)
    const input = Array.from({ length: 300 }, (_, at) => `${at} ${many.slice(0, 6_000)}`)
    expect((await post('/v1/embeddings', { model: 'offline-embed', input })).status).toBe(200)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
    const refused = await post('/v1/embeddings', { model: 'offline-embed', input: word })
    expect([refused.status, refused.json().error.param]).toEqual([400, 'input'])
  })

  it.each(['responses', 'completions'] as const)('reads requests of %s with a bound on its time', async (wire) => {
    const functions: string[] = []
    const run: Bounded['run'] = async (boundedFunction, input) => {
      functions.push(boundedFunction.name)
      return boundedFunction.run(input)
    }
    const body = { input: 'Does it open? It opens.', prompt: 'Does it open? It opens.' }
    const call = { wire, body, model: 'offline', stream: false, output_tokens_max: 9, headers: {}, input_tokens: 9 }
    const adapterCall = { ...call, size: { characters: 50_000_000, values: 9 } }
    const { answer } = await offlineAdapter.compute(adapterCall, { run })
    expect(JSON.stringify(answer.body)).toContain('It opens.')
    expect(functions).toEqual(['gateway.offline-question', 'gateway.offline-reply'])
    expect(offlineQuestion.estimateMs({ wire, adapterCall })).toBeGreaterThan(1_000)
    const refused = offlineAdapter.compute(
      { ...adapterCall, body: { input: [{ type: 'x' }], echo: true } },
      {
        run,
      },
    )
    await expect(refused).rejects.toMatchObject({ code: 'invalid' })
  })

  it('lists what may be called', async () => {
    const get = (url: string) => app.inject({ url, headers: { 'x-api-key': ours.key } })
    expect((await get('/v1/models')).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'offline' }, { id: 'offline-embed' }],
    })
    expect((await get('/v1/models/offline')).json()).toMatchObject({ id: 'offline', object: 'model' })
    expect((await get('/v1/models/other')).json().error).toMatchObject({
      code: 'not_found',
      type: 'invalid_request_error',
    })
  })
})

describe('refusals at /v1', () => {
  it('come in OpenAI’s shape', async () => {
    const body = { model: 'offline', messages: question }
    const cases = [
      [await post('/v1/chat/completions', body, { key: 'mk_none' }), 401, 'authentication_error', 'unauthenticated'],
      [await post('/v1/chat/completions', { ...body, model: 'gone' }), 404, 'invalid_request_error', 'not_found'],
      [await post('/v1/chat/completions', { ...body, messages: [] }), 400, 'invalid_request_error', 'invalid'],
      [
        await post('/v1/chat/completions', { ...body, model: 'offline-embed', stream: 3 }),
        400,
        'invalid_request_error',
        'invalid',
      ],
    ] as const
    for (const [{ status, json }, wanted, type, code] of cases) {
      expect(status).toBe(wanted)
      expect(json().error).toMatchObject({ type, code, message: expect.any(String) })
    }
    expect(cases[2][0].json().error.param).toBe('messages')
    const { key } = await ours.call(createKey, { body: { name: 'Reader', permissions: ['goals:read'] } })
    expect((await post('/v1/chat/completions', body, { key })).json().error).toMatchObject({ type: 'permission_error' })
    const anthropic = await post('/v1/messages', { ...body, model: 'gone', max_tokens: 5 })
    expect([anthropic.status, anthropic.json()]).toMatchObject([
      404,
      { type: 'error', error: { type: 'not_found_error' } },
    ])
  })
})

describe('what calls cost', () => {
  it('is one attempt and one charge each, and the books agree', async () => {
    const { ours: api } = await made.twoMore()
    const { id: project_id } = await api.project()
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, tokens: 100_000 } })
    await api.call(createBudget, { body: { scope: { kind: 'project', id: project_id }, tokens: 5_000 } })
    const body = { model: 'offline', messages: question, max_tokens: 2_000 }
    const headers = { 'x-muster-project': project_id }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('/v1/chat/completions', body, { key: api.key, headers })),
    )
    const good = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 402)
    expect(good.length + refused.length).toBe(20)
    // Each holds more than 2,000 of 5,000: no more than two at a time.
    expect(good.length).toBeGreaterThan(1)
    expect(refused[0]?.json().error).toMatchObject({ code: 'budget_exceeded', type: 'insufficient_quota' })
    const { items } = await api.call(listAttempts)
    expect(items).toHaveLength(good.length)
    const told = good.map(({ json }) => json().usage.total_tokens).reduce((sum, one) => sum + one, 0)
    const books = await api.call(verifyBudgets)
    expect(books).toMatchObject({ valid: true, problems: [], held: { rows: 0, tokens: 0 } })
    expect([books.attempts.tokens, books.charges.tokens]).toEqual([told, told])
    expect((await theirs.call(verifyBudgets)).attempts.ended).toBe(0)
  })

  it('is charged to nothing that is not there, or is somebody else’s', async () => {
    const { id } = await theirs.project()
    const body = { model: 'offline', messages: question }
    for (const project of [id, '01890a5d-ac96-774b-bcce-b302099a8057']) {
      expect((await post('/v1/chat/completions', body, { headers: { 'x-muster-project': project } })).status).toBe(404)
    }
    expect((await post('/v1/chat/completions', body, { headers: { 'x-muster-goal': 'none' } })).status).toBe(400)
  })

  it('goes red where the books disagree', async () => {
    const { ours: api } = await made.twoMore()
    const body = { model: 'offline', messages: question }
    for (let call = 0; call < 4; call++) await post('/v1/chat/completions', body, { key: api.key })
    const { items } = await api.call(listAttempts)
    const [first, second, third] = items.map(({ id }) => id)
    const { sql } = made.database
    await sql('update budgets_charges set tokens = tokens + 1 where id = $1', [first])
    await sql('delete from budgets_charges where id = $1', [second])
    await sql('delete from gateway_attempts where id = $1', [third])
    const { valid, problems } = await api.call(verifyBudgets)
    const found = Object.fromEntries(problems.map(({ attempt_id, problem }) => [attempt_id, problem]))
    expect(valid).toBe(false)
    expect(found).toEqual({
      [String(first)]: 'charged_otherwise',
      [String(second)]: 'not_charged',
      [String(third)]: 'charged_without_attempt',
    })
  })
})
