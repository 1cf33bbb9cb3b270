import Anthropic from '@anthropic-ai/sdk'
import { listAttempts } from '@muster/contract/gateway/model.operations'
import { createKey } from '@muster/contract/identity/operations'
import { liftOrganizationStop, stopOrganization } from '@muster/contract/projects/operations'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
const clientOf = (apiKey: string) => new Anthropic({ baseURL: address, apiKey, maxRetries: 0 })
const own = async (): Promise<ApiClient> => (await made.twoMore()).ours
const model = 'offline'

const texts = {
  english: 'The sports hall served as a cooling room on six days and counted 1,940 visits. '.repeat(40),
  german: 'Die Straßenbahn fährt während der Bauarbeiten nur bis zum Bahnhofsvorplatz. '.repeat(40),
  hindi: 'गर्मी के दिनों में पानी अधिक पिएँ और दोपहर में बाहर न निकलें। '.repeat(40),
  chinese: '高温期间请多喝水，避免在中午外出，并照顾好独居的老人。'.repeat(60),
  code: 'export const total = (items: readonly Item[]): number => items.reduce((sum, { price }) => sum + price, 0)\n'.repeat(
    40,
  ),
  digits: Array.from({ length: 400 }, (_, at) => `${at * 7919};`).join(''),
  marks: '<|endoftext|> and <|im_start|> are words here. '.repeat(40),
}
const textNames = ['english', 'german', 'hindi', 'chinese', 'code', 'digits', 'marks'] as const

describe('counting the tokens of a message', () => {
  it.each(textNames)('is within 3 %% of the tokenizer: %s', async (name) => {
    const text = texts[name]
    const { key } = await own()
    const client = clientOf(key)
    const counted = await client.messages.countTokens({ model, messages: [{ role: 'user', content: text }] })
    const exact = countTokens(text, { disallowedSpecial: new Set() })
    expect(Math.abs(counted.input_tokens / exact - 1)).toBeLessThan(0.03)
    const parts = await client.messages.countTokens({
      model,
      system: text,
      messages: [
        { role: 'user', content: [{ type: 'text', text }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'read', input: { text } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text }] }] },
      ],
    })
    const asInput = countTokens(JSON.stringify({ text }), { disallowedSpecial: new Set() })
    expect(Math.abs(parts.input_tokens / (3 * exact + asInput) - 1)).toBeLessThan(0.03)
  })

  it('counts tools and media by their kind', async () => {
    const client = clientOf((await own()).key)
    const of = async (more: Partial<Anthropic.MessageCountTokensParams>) =>
      (await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'Hi' }], ...more })).input_tokens
    const bare = await of({})
    expect(bare).toBeLessThan(10)
    const input_schema = { type: 'object' as const, properties: { city: { type: 'string', description: 'Where' } } }
    const withTool = await of({ tools: [{ name: 'weather', description: 'Says the weather.', input_schema }] })
    expect(withTool).toBeGreaterThan(bare + 20)
    expect(withTool).toBeLessThan(bare + 60)
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: 'A'.repeat(400_000) }
    const withPicture = await of({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] })
    expect(withPicture).toBeGreaterThan(1_000)
    expect(withPicture).toBeLessThan(3_000)
  })

  it('takes a text of one run of letters without standing still', async () => {
    const client = clientOf((await own()).key)
    const content = 'ab'.repeat(500_000)
    const { input_tokens } = await client.messages.countTokens({ model, messages: [{ role: 'user', content }] })
    expect(input_tokens).toBeGreaterThan(100_000)
  })

  it('is no attempt and costs nothing; it takes the permission of calls and a known model', async () => {
    const api = await own()
    await clientOf(api.key).messages.countTokens({ model, messages: [{ role: 'user', content: 'Hi' }] })
    expect((await api.call(listAttempts)).items).toEqual([])
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    await expect(clientOf(api.key).messages.countTokens({ model: 'unknown', messages })).rejects.toMatchObject({
      status: 404,
      error: { type: 'error', error: { type: 'not_found_error' } },
    })
    const { key } = await api.call(createKey, { body: { name: 'reader', permissions: ['projects:read'] } })
    await expect(clientOf(key).messages.countTokens({ model, messages })).rejects.toMatchObject({ status: 403 })
  })

  it('is refused under an emergency stop, as a call is', async () => {
    const api = await own()
    const client = clientOf(api.key)
    const ask = () => client.messages.countTokens({ model, messages: [{ role: 'user', content: 'Hi' }] })
    const params = { id: api.organization_id }
    await api.call(stopOrganization, { params, body: { reason: 'a drill' } })
    await expect(ask()).rejects.toMatchObject({ status: 409, error: { type: 'error' } })
    await api.call(liftOrganizationStop, { params })
    expect(await ask()).toMatchObject({ input_tokens: expect.any(Number) })
  })
})
