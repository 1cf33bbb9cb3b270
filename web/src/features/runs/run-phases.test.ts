import type { EventType } from '@muster/contract/events'
import { describe, expect, it } from 'vitest'
import { phasesOf, spansOf } from './run-phases.ts'

const at = (s: number): string => new Date(Date.UTC(2030, 0, 1, 0, 0, s)).toISOString()
const timeline = (...events: readonly EventType[]) => events.map((event, s) => ({ at: at(s), event }))
const names = (...events: readonly EventType[]): string[] => phasesOf(timeline(...events)).map(({ name }) => name)

describe('phasesOf', () => {
  it('tells a run that passed', () => {
    const events = timeline('goal.planned', 'task.ready', 'task.started', 'task.reported', 'task.judged', 'task.done')
    expect(phasesOf(events)).toEqual([
      { name: 'plan', from: at(0), to: at(1) },
      { name: 'wait', from: at(1), to: at(2) },
      { name: 'work', from: at(2), to: at(3) },
      { name: 'judge', from: at(3), to: at(4) },
      { name: 'commit', from: at(4), to: at(5) },
    ])
  })

  it('waits for a person until now', () => {
    const phases = phasesOf(timeline('task.started', 'task.reported', 'task.judged', 'task.waiting', 'approval.opened'))
    expect(phases.map(({ name }) => name)).toEqual(['work', 'judge', 'approval'])
    expect(phases.at(-1)).not.toHaveProperty('to')
  })

  it('commits after an answer, and only then', () => {
    const eventsToAnswer = [
      'task.started',
      'task.reported',
      'task.judged',
      'approval.opened',
      'approval.answered',
    ] as const
    expect(names(...eventsToAnswer, 'approval.applied', 'state.committed')).toEqual([
      'work',
      'judge',
      'approval',
      'commit',
    ])
    expect(names(...eventsToAnswer, 'approval.applied', 'task.rejected')).toEqual(['work', 'judge', 'approval'])
  })

  it('ends where the run is given back or lost', () => {
    expect(phasesOf(timeline('task.started', 'task.lease_lost'))).toEqual([{ name: 'work', from: at(0), to: at(1) }])
    expect(names('task.started', 'task.reported', 'task.judged', 'task.returned')).toEqual(['work', 'judge'])
  })

  it('is empty without a timeline', () => {
    expect(phasesOf([])).toEqual([])
  })
})

describe('spansOf', () => {
  it('gives how long each phase took; an open one lasts until now, and never less than nothing', () => {
    const phases = phasesOf(timeline('task.ready', 'task.started'))
    const spans = spansOf(phases, Date.parse(at(61)))
    expect(spans.map(({ name, took_ms, is_open }) => [name, took_ms, is_open])).toEqual([
      ['wait', 1_000, false],
      ['work', 60_000, true],
    ])
    expect(spansOf(phases, Date.parse(at(0))).at(-1)?.took_ms).toBe(0)
  })
})
