import { type AttentionKind, attentionKinds, attentionTable } from '@muster/contract/attention'
import { permissions } from '@muster/contract/permissions'
import { severities } from '@muster/contract/platform/severities'
import { describe, expect, it } from 'vitest'
import type { AttentionItem } from '../../../platform/module/attention-source.ts'
import { ranked } from './attention.rules.ts'

const everything = new Set(permissions)
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const one = (kind: AttentionKind, second: number, subject_id = `${kind} ${second}`): AttentionItem => ({
  kind,
  subject_kind: 'task',
  subject_id,
  title: 'x',
  since: at(second),
  remedy: 'x',
})

describe('what needs attention', () => {
  it('is ranked by severity, then by kind, then by how long it has lasted', () => {
    const found = [...attentionKinds].toReversed().flatMap((kind) => [one(kind, 9), one(kind, 3)])
    const kinds = ranked(found, everything).map(({ kind, since }) => `${kind} ${Date.parse(since) - Date.parse(at(0))}`)
    const by_severity = severities.flatMap((severity) =>
      attentionKinds.filter((kind) => attentionTable[kind].severity === severity),
    )
    expect(by_severity).toHaveLength(attentionKinds.length)
    expect(kinds).toEqual(by_severity.flatMap((kind) => [`${kind} 3000`, `${kind} 9000`]))
  })

  it('shows at most ten of a kind and fifty in all, the gravest of them', () => {
    const flood = Array.from({ length: 200 }, (_, second) => one('approval_past_due', second))
    const shown = ranked([...flood, one('task_failed', 1), one('goal_failed', 1)], everything)
    expect(shown.map(({ kind }) => kind)).toEqual([
      ...Array(10).fill('approval_past_due'),
      'goal_failed',
      'task_failed',
    ])
    expect(shown[0]?.since).toBe(at(0))
    const all = attentionKinds.flatMap((kind) => Array.from({ length: 20 }, (_, second) => one(kind, second)))
    expect(ranked(all, everything)).toHaveLength(50)
  })

  it('tells a key only of what it may read', () => {
    const found = attentionKinds.map((kind) => one(kind, 1))
    for (const kind of attentionKinds) {
      const { permission } = attentionTable[kind]
      expect(ranked(found, new Set([permission])).map((item) => item.kind)).toContain(kind)
      expect(
        ranked(found, new Set(permissions.filter((other) => other !== permission))).map((item) => item.kind),
      ).not.toContain(kind)
    }
  })

  it('is in the same order however it was found', () => {
    const found = attentionKinds.flatMap((kind) => [one(kind, 1, 'b'), one(kind, 1, 'a')])
    expect(ranked(found.toReversed(), everything)).toEqual(ranked(found, everything))
  })
})
