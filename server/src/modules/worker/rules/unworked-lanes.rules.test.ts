import { describe, expect, it } from 'vitest'
import { type Lane, unworkedLanes } from './unworked-lanes.rules.ts'

const lane: Lane = {
  capability: 'write',
  agent_id: null,
  tasks: 2,
  oldest_at: '2026-01-01T00:00:00.000Z',
  agents: 1,
  able: 1,
  has_local: false,
  has_present: false,
  has_stopped: false,
  able_name: 'Ada',
  any_name: 'Ada',
}
const remedies = (one: Partial<Lane>, has_worker = false) =>
  unworkedLanes([{ ...lane, ...one }], has_worker).map(({ remedy }) => remedy)

describe('a lane', () => {
  it('is worked by a remote agent that is there, or by a built-in one where a worker runs', () => {
    expect(remedies({ has_present: true })).toEqual([])
    expect(remedies({ has_local: true }, true)).toEqual([])
    expect(remedies({ has_local: true })).toEqual(['Start a process with the worker service: npx muster up'])
  })

  it('says what gets it worked', () => {
    const nobody = { agents: 0, able: 0, able_name: null, any_name: null }
    expect(remedies(nobody)).toEqual(['npx muster agents add NAME --capability write'])
    expect(remedies({ ...nobody, agent_id: 'a' })[0]).toMatch(/retired/)
    expect(remedies({ able: 0 })).toEqual(['npx muster agents resume Ada'])
    expect(remedies({ able: 0, has_stopped: true })[0]).toMatch(/DELETE .*Ada\/stop/)
    expect(remedies({})).toEqual(['Start agent Ada.'])
  })
})
