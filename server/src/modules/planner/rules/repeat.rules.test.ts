import { describe, expect, it } from 'vitest'
import { roundInput, roundsSpent } from './repeat.rules.ts'

describe('the input of a round', () => {
  const input = {
    last: { $from: 'previous.output.failures[0]' },
    plan: { $from: 'plan.output.text' },
    all: [{ $from: 'previous.output' }],
  }

  it('has nothing before the first', () => {
    expect(roundInput(input, { key: 'fix', round: 0 })).toEqual({
      last: null,
      plan: { $from: 'plan.output.text' },
      all: [null],
    })
  })

  it('refers to the round before it by its key', () => {
    expect(roundInput(input, { key: 'fix', round: 2 })).toEqual({
      last: { $from: 'fix[1].output.failures[0]' },
      plan: { $from: 'plan.output.text' },
      all: [{ $from: 'fix[1].output' }],
    })
  })
})

it('counts the rounds since a person’s retry', () => {
  expect(roundsSpent([{ revision: 1 }, { revision: 1 }, { revision: 3 }], 3)).toBe(1)
})
