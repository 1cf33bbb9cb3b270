import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from './checks/checks.types.ts'
import {
  type Circumstances,
  confidence,
  quality,
  type RoutingPolicy,
  retryDelayMs,
  route,
  type UnroutedVerdict,
  unsettledTopics,
  verdictOf,
  violationsOf,
} from './judge.rules.ts'

const policy: RoutingPolicy = {
  oversight: 'medium',
  quality_min: 0.7,
  confidence_min: 0.7,
  commit_above: 0.9,
  retries_max: 3,
  sample_share: 0,
}
const facts: Circumstances = {
  approval: 'none',
  sent_back: 0,
  deterministic: false,
  loss_possible: false,
  unscored: false,
  lot: 0.5,
  effect_for_people: false,
  amended: false,
}
const fine: UnroutedVerdict = { quality: null, confidence: 1, violations: [], topics: [] }
const critical = { rule: 'secrets', severity: 'critical', message: '' } as const
const warning = { rule: 'length', severity: 'warning', message: '' } as const
const topic = { topic: 'health_advice', evidence: [{ path: '/text', byte_start: 0, byte_end: 4, text: 'Rest.' }] }

function routed(
  judged: Partial<UnroutedVerdict>,
  given: Partial<Circumstances> = {},
  rules: Partial<RoutingPolicy> = {},
) {
  const { to, row, reason } = route({ ...fine, ...judged }, { ...facts, ...given }, { ...policy, ...rules })
  return `${row} ${to} ${reason}`
}

describe('the decision table', () => {
  it('row 1: what cannot get better goes to a person', () => {
    expect(routed({ violations: [critical] }, { sent_back: 3 })).toBe('1 approval retries_exhausted')
    expect(routed({ violations: [critical] }, { deterministic: true })).toBe('1 approval deterministic')
    expect(routed({ confidence: 0.5 }, { sent_back: 3 })).toBe('1 approval retries_exhausted')
    expect(routed({ confidence: 0.5 }, { sent_back: 2 })).toBe('4 retry low_confidence')
    expect(routed({}, { sent_back: 3, deterministic: true })).toBe('6 commit passed')
  })

  it('row 2: a critical violation is retried, or put to a person where something could be lost', () => {
    expect(routed({ violations: [warning, critical], topics: [topic] })).toBe('2 retry critical_violation')
    expect(routed({ violations: [critical] }, { loss_possible: true, sent_back: 3 })).toBe(
      '2 approval critical_violation',
    )
  })

  it('row 3: topics, effects and what the task asks for', () => {
    expect(routed({ topics: [topic] })).toBe('3 approval sensitive_topic:health_advice')
    expect(routed({ topics: [topic], violations: [warning] })).toBe('3 approval sensitive_topic:health_advice')
    expect(routed({ topics: [topic] }, { deterministic: true })).toBe('3 approval sensitive_topic:health_advice')
    expect(routed({}, { effect_for_people: true })).toBe('3 approval effect_for_people')
    expect(routed({}, { approval: 'after' })).toBe('3 approval approval_required')
    expect(routed({}, { approval: 'always' })).toBe('3 approval approval_required')
    expect(routed({}, { approval: 'before' })).toBe('6 commit passed')
  })

  it('row 4: any other violation, low quality, low confidence', () => {
    expect(routed({ violations: [warning] })).toBe('4 retry violation')
    expect(routed({ quality: 0.69 })).toBe('4 retry low_quality')
    expect(routed({ quality: 0.7, confidence: 0.95 })).toBe('6 commit passed')
    expect(routed({ confidence: 0.69 })).toBe('4 retry low_confidence')
  })

  it('rows 5 and 6: exactly 0.90 goes to a person, more commits', () => {
    expect(routed({ confidence: 0.7 })).toBe('5 approval medium_confidence')
    expect(routed({ confidence: 0.9 })).toBe('5 approval medium_confidence')
    expect(routed({ confidence: 0.900001 })).toBe('6 commit passed')
  })

  it('oversight low drops row 5 and honours only `always`; topics and effects still go to a person', () => {
    const low = { oversight: 'low' } as const
    expect(routed({ confidence: 0.7 }, {}, low)).toBe('6 commit passed')
    expect(routed({ confidence: 0.69 }, {}, low)).toBe('4 retry low_confidence')
    expect(routed({}, { approval: 'after' }, low)).toBe('6 commit passed')
    expect(routed({}, { approval: 'always' }, low)).toBe('3 approval approval_required')
    expect(routed({ topics: [topic] }, {}, low)).toBe('3 approval sensitive_topic:health_advice')
    expect(routed({}, { effect_for_people: true }, low)).toBe('3 approval effect_for_people')
  })

  it('oversight high turns row 6 into a person', () => {
    expect(routed({}, {}, { oversight: 'high' })).toBe('6 approval high_oversight')
  })

  it('an amended version is judged by rows 2 and 4 alone, and goes back to who amended it', () => {
    const amended = { amended: true, approval: 'always', effect_for_people: true, sent_back: 3 } as const
    expect(routed({ topics: [topic], confidence: 0.8 }, amended, { oversight: 'high' })).toBe('6 commit passed')
    for (const judged of [{ violations: [critical] }, { violations: [warning] }, { confidence: 0.1 }]) {
      const found = route({ ...fine, ...judged }, { ...facts, ...amended, deterministic: true }, policy)
      expect(found).toMatchObject({ to: 'approval', reason: 'amendment_fails', ask: 'amender' })
    }
  })
})

const share = fc.double({ min: 0, max: 1, noNaN: true })
const finding: fc.Arbitrary<Finding> = fc
  .record({
    check: fc.constantFrom('length', 'secrets', 'grounding'),
    severity: fc.constantFrom('critical', 'warning', 'info'),
    weight: share,
    measures: fc.constantFrom('quality', 'compliance'),
    violation_from: share,
    of: fc.integer({ min: 0, max: 20 }),
    failed: fc.integer({ min: 0, max: 20 }),
  } satisfies Record<string, fc.Arbitrary<unknown>>)
  .map((drawn) => ({ ...drawn, failed: Math.min(drawn.failed, drawn.of), evidence: [] }) as Finding)
const anyJudged: fc.Arbitrary<UnroutedVerdict> = fc.record({
  quality: fc.constantFrom(null, 0, 0.69, 0.7, 1),
  confidence: fc.constantFrom(0, 0.69, 0.7, 0.8, 0.9, 0.91, 1),
  violations: fc.subarray([critical, warning]),
  topics: fc.subarray([topic]),
})
const anyFacts: fc.Arbitrary<Circumstances> = fc.record({
  approval: fc.constantFrom('none', 'before', 'after', 'always'),
  sent_back: fc.integer({ min: 0, max: 5 }),
  deterministic: fc.boolean(),
  loss_possible: fc.boolean(),
  unscored: fc.boolean(),
  lot: fc.double({ min: 0, max: 0.999, noNaN: true }),
  effect_for_people: fc.boolean(),
  amended: fc.boolean(),
})
const anyPolicy: fc.Arbitrary<RoutingPolicy> = fc
  .constantFrom('low', 'medium', 'high')
  .map((oversight) => ({ ...policy, oversight }))

/** The table once more, as predicates in order; the first that holds must be the row that `route` names. */
function rowByTable(judged: UnroutedVerdict, given: Circumstances, { oversight }: RoutingPolicy): number {
  const isCritical = judged.violations.some(({ severity }) => severity === 'critical')
  const isFour = judged.violations.length > 0 || (judged.quality ?? 1) < 0.7 || judged.confidence < 0.7
  const isStuck = given.sent_back >= 3 || given.deterministic
  if (given.amended) return isCritical ? 2 : isFour ? 4 : 6
  const asks = given.approval === 'always' || (given.approval === 'after' && oversight !== 'low')
  const rows: readonly (readonly [number, boolean])[] = [
    [1, isStuck && (isCritical ? !given.loss_possible : isFour)],
    [2, isCritical],
    [3, judged.topics.length > 0 || given.effect_for_people || given.unscored || asks],
    [4, isFour],
    [5, oversight !== 'low' && judged.confidence <= 0.9],
  ]
  return rows.find(([, holds]) => holds)?.[0] ?? 6
}

describe('properties', () => {
  it('the first row that matches wins, and every row is reached', () => {
    fc.assert(
      fc.property(anyJudged, anyFacts, anyPolicy, (judged, given, rules) => {
        expect(route(judged, given, rules).row).toBe(rowByTable(judged, given, rules))
      }),
      { numRuns: 3000 },
    )
    // By a fixed seed: whether a rare row is among so many cases is no matter of luck.
    const cases = fc.sample(fc.tuple(anyJudged, anyFacts, anyPolicy), { numRuns: 5000, seed: 1 })
    const reached = new Set(
      cases.map(([judged, given, rules]) => {
        const { row, to } = route(judged, given, rules)
        return `${row} ${to}`
      }),
    )
    for (const way of [
      '1 approval',
      '2 retry',
      '2 approval',
      '3 approval',
      '4 retry',
      '5 approval',
      '6 approval',
      '6 commit',
    ])
      expect(reached).toContain(way)
  })

  it('what a worse judgement would commit, a better one commits too', () => {
    fc.assert(
      fc.property(anyJudged, anyFacts, anyPolicy, share, (judged, given, rules, more) => {
        const better = { ...judged, confidence: Math.max(judged.confidence, more), violations: [], topics: [] }
        if (route(judged, given, rules).to === 'commit') expect(route(better, given, rules).to).toBe('commit')
      }),
      { numRuns: 2000 },
    )
  })

  it('confidence and quality stay in 0 to 1, fall with each failure, and do not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 8 }), fc.nat(), (findings, seed) => {
        const found = confidence(findings)
        expect(found).toBeGreaterThanOrEqual(0)
        expect(found).toBeLessThanOrEqual(1)
        expect(confidence([...findings].reverse())).toBeCloseTo(found, 5)
        const at = seed % Math.max(1, findings.length)
        const worse = findings.map((one, index) =>
          index === at ? { ...one, failed: Math.min(one.of, one.failed + 1) } : one,
        )
        expect(confidence(worse)).toBeLessThanOrEqual(found)
        expect(quality(worse) ?? 0).toBeLessThanOrEqual(quality(findings) ?? 0)
        expect(violationsOf(worse).length).toBeGreaterThanOrEqual(violationsOf(findings).length)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('figures', () => {
  const one: Finding = {
    check: 'length',
    severity: 'warning',
    weight: 0.5,
    measures: 'quality',
    violation_from: 0.5,
    failed: 1,
    of: 5,
    evidence: [],
  }

  it('multiply what each check leaves', () => {
    expect(confidence([])).toBe(1)
    expect(quality([])).toBeNull()
    expect(confidence([one])).toBe(0.9)
    expect(confidence([one, { ...one, measures: 'compliance', failed: 5 }])).toBe(0.45)
    expect(quality([one, { ...one, measures: 'compliance', failed: 5 }])).toBe(0.9)
  })

  it('are a violation from the share that the rule names, and never for info', () => {
    expect(violationsOf([one])).toEqual([])
    expect(violationsOf([{ ...one, violation_from: 0.2 }])).toEqual([
      { rule: 'length', severity: 'warning', message: '1 of 5 failed' },
    ])
    expect(violationsOf([{ ...one, violation_from: 0 }])).toHaveLength(1)
    expect(violationsOf([{ ...one, violation_from: 0, failed: 0 }])).toEqual([])
    expect(violationsOf([{ ...one, violation_from: 0, severity: 'info' }])).toEqual([])
  })

  it('wait 1, 2, 4 seconds, jittered', () => {
    expect([0, 1, 2].map((sent_back) => retryDelayMs(sent_back, 1))).toEqual([1000, 2000, 4000])
    expect(retryDelayMs(1, 0)).toBe(1000)
  })

  it('ask nobody twice about the same words', () => {
    expect(unsettledTopics([topic], ['Take a walk.  Rest.'])).toEqual([])
    expect(unsettledTopics([topic], ['Take a walk.'])).toEqual([topic])
    const more = {
      ...topic,
      evidence: [...topic.evidence, { path: '/text', byte_start: 9, byte_end: 14, text: 'Drink.' }],
    }
    expect(unsettledTopics([more], ['Rest.'])).toMatchObject([{ evidence: [{ text: 'Drink.' }] }])
    const finding: Finding = { ...one, check: 'sensitive_topics', severity: 'info', weight: 0, topics: [topic] }
    const judged = { findings: [finding], facts, policy }
    expect(verdictOf(judged).route).toMatchObject({ to: 'approval', row: 3 })
    expect(verdictOf({ ...judged, approved_texts: ['Rest.'] })).toMatchObject({ topics: [], route: { to: 'commit' } })
  })
})
