import type { Agent } from '@muster/contract/agents/agents'
import { describe, expect, it } from 'vitest'
import { changeOf, createOf, draftOf, namesIn } from './agent-draft.ts'

const base = {
  // Any id will do: a draft has none.
  id: '01a1f913-2978-7000-b56e-075bc9a2ee1d' as Agent['id'],
  name: 'Clerk',
  capabilities: ['draft', 'answer letters'],
  status: 'active' as const,
  stopped: false,
  presence: { online: false },
  live_runs: 0,
  created_at: '2026-01-01T00:00:00.000Z',
}
const model = {
  alias: 'writer',
  tools: ['keywords'],
  may_ask: false,
  steps_max: 7,
  output_tokens_max: 900,
  temperature: 0.2,
  cost_micro_usd_max: 250_001,
  tokens_max: 40_000,
}

describe('the draft of an agent', () => {
  it('says again what it was made from, for each runtime', () => {
    const { name, capabilities } = base
    const command_line = { adapter: 'claude-code', model: 'writer', repository: '/srv/code', metered: false }
    for (const [agent, rest] of [
      [{ ...base, runtime: 'model', model }, { model }],
      [
        { ...base, runtime: 'cli', command_line, live_runs_max: 2 },
        { command_line, live_runs_max: 2 },
      ],
      [{ ...base, runtime: 'remote', description: 'Writes' }, { description: 'Writes' }],
    ] as const) {
      const draft = draftOf(agent as Agent)
      expect(changeOf(draft)).toEqual({ body: { name, capabilities, ...rest } })
      expect(createOf(draft, { template: 'coder' })).toEqual({
        body: { name, capabilities, ...rest, runtime: agent.runtime, persona: { template: 'coder' } },
      })
    }
  })

  it('leaves the settings of other runtimes behind when the runtime changes', () => {
    const draft = { ...draftOf({ ...base, runtime: 'model', model } as Agent), runtime: 'remote' as const }
    expect(createOf(draft, undefined)).toEqual({
      body: { name: 'Clerk', capabilities: base.capabilities, runtime: 'remote' },
    })
  })

  it('says of each field what is wrong with it', () => {
    const result = createOf(
      { ...draftOf(undefined), steps_max: 'many', temperature: '3', dollars_max: 'a lot', live_runs_max: '0' },
      undefined,
    )
    const problems = 'problems' in result ? [...result.problems.keys()].toSorted() : []
    expect(problems).toEqual([
      'alias',
      'capabilities',
      'dollars_max',
      'live_runs_max',
      'name',
      'steps_max',
      'temperature',
    ])
  })
})

it('reads names between commas, each once', () => {
  expect(namesIn(' draft, , answer letters,draft ')).toEqual(['draft', 'answer letters'])
})
