import { describe, expect, it } from 'vitest'
import { judgePresence, type MissingLock, type ProcessSighting } from './presence.rules.ts'

const grace_ms = 4_000
const gone: ProcessSighting = { id: 'a', is_lock_free: true, seen_at: '2026-01-01T00:00:00.000Z' }

/** Looks one after the other, each with its time; gives who was dead at the last. */
function lookAt(looks: readonly (readonly [now_ms: number, sighting: ProcessSighting])[]): readonly string[] {
  let known: ReadonlyMap<string, MissingLock> = new Map()
  let dead: readonly string[] = []
  for (const [now_ms, sighting] of looks) {
    const judged = judgePresence(known, [sighting], { now_ms, grace_ms })
    known = judged.missing
    dead = judged.dead
  }
  return dead
}

describe('a process without its lock', () => {
  it('is not dead at the first look, however long ago it was seen', () => {
    expect(lookAt([[1_000_000, gone]])).toEqual([])
  })

  it('is dead when the lock stayed free for the grace period', () => {
    expect(
      lookAt([
        [0, gone],
        [3_999, gone],
      ]),
    ).toEqual([])
    expect(
      lookAt([
        [0, gone],
        [4_000, gone],
      ]),
    ).toEqual(['a'])
  })

  it('lives when it took the lock again in between', () => {
    const back = { ...gone, is_lock_free: false }
    expect(
      lookAt([
        [0, gone],
        [2_000, back],
        [4_000, gone],
      ]),
    ).toEqual([])
  })

  it('lives when it sent a heartbeat in between', () => {
    const seen = { ...gone, seen_at: '2026-01-01T00:00:10.000Z' }
    expect(
      lookAt([
        [0, gone],
        [5_000, seen],
      ]),
    ).toEqual([])
    expect(
      lookAt([
        [0, gone],
        [5_000, seen],
        [9_000, seen],
      ]),
    ).toEqual(['a'])
  })
})
