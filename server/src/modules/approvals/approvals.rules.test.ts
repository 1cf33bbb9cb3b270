import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  approvalTransitions,
  fullLineage,
  hasStated,
  outcomeOf,
  ownWork,
  snoozedUntil,
  timeAfter,
} from './approvals.rules.ts'

const now = '2026-03-01T12:00:00.000Z'
const answer = (action: 'approve' | 'reject' | 'amend' | 'retry' | 'skip', principal_id: string, ms = 0) => ({
  action,
  principal_id,
  effective_at: timeAfter(now, ms),
})

describe('outcomeOf', () => {
  it('applies one answer where one is enough', () => {
    expect(outcomeOf([answer('approve', 'a')], 1, now)).toEqual({ status: 'applied' })
  })

  it('waits for as many different people as the quorum says', () => {
    const [a, b, c] = [answer('approve', 'a'), answer('approve', 'b'), answer('approve', 'c')]
    expect(outcomeOf([a], 3, now)).toEqual({ status: 'open', answers_missing: 2 })
    expect(outcomeOf([a, { ...a }], 2, now)).toEqual({ status: 'open', answers_missing: 1 })
    expect(outcomeOf([a, b], 3, now)).toEqual({ status: 'open', answers_missing: 1 })
    expect(outcomeOf([a, b, c], 3, now)).toEqual({ status: 'applied' })
  })

  it('counts only answers of the same mind', () => {
    expect(outcomeOf([answer('retry', 'a'), answer('skip', 'b')], 2, now)).toEqual({
      status: 'open',
      answers_missing: 1,
    })
    expect(outcomeOf([answer('retry', 'a'), answer('skip', 'b'), answer('retry', 'c')], 2, now)).toEqual({
      status: 'applied',
    })
  })

  it('lets one person refuse or change, whatever the quorum', () => {
    for (const action of ['reject', 'amend'] as const)
      expect(outcomeOf([answer('approve', 'a', 9_000), answer(action, 'b')], 3, now)).toEqual({ status: 'applied' })
  })

  it('takes effect when the last of the counted answers does', () => {
    const outcome = outcomeOf([answer('approve', 'a', 30_000), answer('approve', 'b', 10_000)], 2, now)
    expect(outcome).toEqual({ status: 'decided', effective_at: '2026-03-01T12:00:30.000Z' })
  })

  it('never applies an approval that fewer than the quorum gave', () => {
    const given = fc.array(fc.tuple(fc.constantFrom('approve', 'retry', 'skip'), fc.constantFrom('a', 'b', 'c', 'd')), {
      minLength: 1,
    })
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 5 }), (pairs, quorum) => {
        const answers = pairs.map(([action, by]) => answer(action, by))
        const last = answers.at(-1)
        const people = new Set(answers.filter(({ action }) => action === last?.action).map((one) => one.principal_id))
        const { status } = outcomeOf(answers, quorum, now)
        expect(status).toBe(people.size >= quorum ? 'applied' : 'open')
      }),
    )
  })
})

describe('ownWork', () => {
  const nobody = { made_by: [], stated_by: [], amended_by: [] }
  const maker = { kind: 'key', id: 'm' } as const
  const agent = { kind: 'agent', id: 'g' } as const
  const principal = (...ids: string[]) => ({ id: ids[0] ?? '', ids: new Set(ids), agent_ids: new Set<string>() })

  it('keeps the maker from deciding, by whichever of its ids', () => {
    const work = { ...nobody, made_by: [maker] }
    expect(ownWork(work, principal('m'), 'approve')).toMatch(/your own work/)
    expect(ownWork(work, principal('m'), 'reject')).toMatch(/your own work/)
    expect(ownWork(work, principal('x', 'm'), 'approve')).not.toBeNull()
    expect(ownWork({ ...nobody, made_by: [agent] }, principal('x', 'g'), 'approve')).not.toBeNull()
    expect(ownWork(work, principal('x'), 'approve')).toBeNull()
  })

  it('lets anybody decide about what the system made', () => {
    expect(ownWork({ ...nobody, made_by: [{ kind: 'system', id: 'm' }] }, principal('m'), 'approve')).toBeNull()
  })

  it('gives a failed amendment back to its author, but not for approving it', () => {
    const work = { ...nobody, made_by: [agent, maker], amended_by: [maker] }
    expect(ownWork(work, principal('m'), 'amend')).toBeNull()
    expect(ownWork(work, principal('m'), 'reject')).toBeNull()
    expect(ownWork(work, principal('m'), 'approve')).toMatch(/another person/)
    expect(ownWork(work, principal('x'), 'approve')).toBeNull()
  })

  it('knows who stated the work, and whose key the agent works with, for a policy of four eyes', () => {
    const work = { ...nobody, made_by: [agent], stated_by: [{ kind: 'system', id: 'planner' } as const, maker] }
    expect(hasStated(work, principal('m'))).toBe(true)
    expect(hasStated(work, principal('x'))).toBe(false)
    expect(hasStated(work, { id: 'x', ids: new Set(['x']), agent_ids: new Set(['g']) })).toBe(true)
    expect(hasStated(work, principal('planner'))).toBe(false)
  })

  it('counts what was known as the question was put together with what is known now', () => {
    const put = { made_by: [agent], stated_by: maker, amended_by: null }
    const known = { ...nobody, amended_by: [maker] }
    expect(fullLineage(known, put)).toEqual({ made_by: [agent], stated_by: [maker], amended_by: [maker] })
  })
})

describe('snoozedUntil', () => {
  it('takes a length or a time, wakes at zero and in the past, and knows its limit', () => {
    expect(snoozedUntil({ for_ms: 60_000 }, now)).toBe('2026-03-01T12:01:00.000Z')
    expect(snoozedUntil({ until: '2026-03-01T14:00:00+01:00' }, now)).toBe('2026-03-01T13:00:00.000Z')
    expect(snoozedUntil({ for_ms: 0 }, now)).toBeNull()
    expect(snoozedUntil({ until: '2020-01-01T00:00:00Z' }, now)).toBeNull()
    expect(snoozedUntil({ until: '2027-01-01T00:00:00Z' }, now)).toBeUndefined()
  })
})

it('has no way out of an end', () => {
  const ends = Object.entries(approvalTransitions).filter(([, to]) => to.length === 0)
  expect(ends.map(([status]) => status)).toEqual(['applied', 'expired', 'withdrawn'])
})
