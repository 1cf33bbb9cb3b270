import { expect, it } from 'vitest'
import { newId } from '../src/platform/ids.ts'
import { eventProblems } from './event-data.ts'

const key_id = newId()

it('takes the data that the contract gives, none where it asks for none, and what was erased', () => {
  expect(
    eventProblems([
      { type: 'key.created', data: { key_id } },
      { type: 'goal.created' },
      { type: 'key.created', data_digest: 'abc' },
    ]),
  ).toEqual([])
})

it.each([
  ['a field too many', { type: 'key.revoked', data: { key_id, name: 'x' } }],
  ['a field too few', { type: 'key.revoked', data: {} }],
  ['a field of another kind', { type: 'agent.presence', data: { agent_id: key_id, online: 'yes' } }],
] as const)('tells of %s', (_what, event) => {
  expect(eventProblems([event])).toHaveLength(1)
})
