import { type Model, modelDefinition } from '@muster/contract/gateway/models'
import { describe, expect, it } from 'vitest'
import { definitionOf, draftOf, newTarget } from './model-draft.ts'

const definition = modelDefinition.parse({
  targets: [
    { provider: 'east', model: 'large', weight: 3, prices: { uncached: 150_000, output: 600_000, cache_read: 15_001 } },
    { provider: 'west', model: 'large', weight: 0, prices: { uncached: 0, output: 0 }, output_tokens_max: 900 },
  ],
  pin: { provider: 'west', model: 'large' },
  fallbacks: ['offline'],
  retries: 1,
  timeouts: { connect_ms: 1_500 },
  on_client_gone: 'drain',
  on_broken_stream: 'continue',
  cache: { ttl_ms: 90_500 },
})
const at = '2026-01-01T00:00:00.000Z'
const model: Model = { name: 'clerk', version: 4, created_at: at, versioned_at: at, ...definition }

describe('the draft of a model', () => {
  it('says again what it was made from, to the last digit', () => {
    expect(definitionOf(draftOf(model))).toEqual({ definition })
  })

  it('says of each field what is wrong with it', () => {
    const draft = draftOf(model)
    const result = definitionOf({
      ...draft,
      retries: 'two',
      targets: [{ ...newTarget('east'), weight: '1.5', prices: { ...newTarget().prices, uncached: 'cheap' } }],
      timeouts: { ...draft.timeouts, idle_ms: '0' },
    })
    const problems = 'problems' in result ? [...result.problems.keys()].toSorted() : []
    expect(problems).toEqual([
      'retries',
      'targets.0.model',
      'targets.0.prices.output',
      'targets.0.prices.uncached',
      'targets.0.weight',
      'timeouts.idle_ms',
    ])
  })

  it('forgets a pin with the target that it led to', () => {
    const draft = draftOf(model)
    const result = definitionOf({ ...draft, targets: draft.targets.slice(0, 1) })
    expect('definition' in result && result.definition.pin).toBeUndefined()
  })
})
