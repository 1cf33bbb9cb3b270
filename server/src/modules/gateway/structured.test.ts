import type { JsonObject } from '@muster/contract/values'
import { describe, expect, it } from 'vitest'
import type { GatewayPort, ModelCall } from './gateway.port.ts'
import { createStructured } from './operations/structured.ts'

/** A model that calls its tool twice at once, and then with what fits. */
function twice(): { readonly call: GatewayPort['call']; readonly asked: ModelCall[] } {
  const asked: ModelCall[] = []
  const made = (id: string, value: unknown) => ({
    id,
    type: 'function',
    function: { name: 'submit', arguments: JSON.stringify(value) },
  })
  const call: GatewayPort['call'] = async (given) => {
    asked.push(structuredClone({ ...given, signal: undefined }) as unknown as ModelCall)
    const tool_calls = asked.length === 1 ? [made('one', 0), made('two', 0)] : [made('three', 1)]
    const body: JsonObject = { choices: [{ message: { role: 'assistant', content: null, tool_calls } }] }
    return { kind: 'whole', body, model: 'scripted', model_version: 1, provider: 'p', attempts: 1 }
  }
  return { call, asked }
}

describe('a value of a shape', () => {
  it('answers each call that was made before it asks again, as providers demand', async () => {
    const { call, asked } = twice()
    const value = await createStructured(call)<number>({
      organization_id: '0190a000-0000-7000-8000-000000000001',
      project_id: null,
      goal_id: null,
      agent_id: null,
      request_id: 'r',
      signal: new AbortController().signal,
      alias: 'scripted',
      messages: [{ role: 'user', content: 'One, please.' }],
      tool: { name: 'submit', description: 'Hands it in.', parameters: {} },
      read: (given) => (given === 1 ? { value: given } : { problem: 'It is not one.' }),
    })
    expect(value).toBe(1)
    const messages = asked[1]?.body.messages as readonly JsonObject[]
    expect(messages.flatMap(({ tool_call_id }) => tool_call_id ?? [])).toEqual(['one', 'two'])
  })
})
