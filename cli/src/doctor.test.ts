import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { describe, expect, it } from 'vitest'
import { type Facts, findingsOf } from './doctor.ts'

const now = Date.parse('2026-01-01T00:00:00.000Z')
const iso = (at: number) => new Date(at).toISOString()

const fleet = {
  workers: [{ id: 'w', service: 'worker', last_seen_at: iso(now), live_runs: 0 }],
  journal_lag_ms: 3,
  stops: [],
  tasks: { ready: 0 },
} as unknown as FleetStatus

const healthy: Facts = {
  node_version: 'v20.19.0',
  data_directory: '/data',
  directory_exists: true,
  directory_writable: true,
  parent: null,
  free_bytes: 50 * 1024 ** 3,
  address: 'http://127.0.0.1:7700',
  lock_held: true,
  port_in_use: true,
  health: {
    status: 'ok',
    service: 'muster',
    version: '0.2.0',
    started_at: iso(now),
    at: iso(now),
    components: [{ name: 'database', status: 'ok', took_ms: 1 }],
  },
  asked_at_ms: now,
  fleet,
  fleet_error: null,
}

const bad = (more: Partial<Facts>) => findingsOf({ ...healthy, ...more }).filter(({ status }) => status !== 'ok')

describe('doctor', () => {
  it('finds nothing wrong with what is right', () => {
    expect(bad({})).toEqual([])
    expect(findingsOf(healthy).map(({ check }) => check)).toEqual([
      'node',
      'data directory',
      'disk',
      'lock',
      'port',
      'database',
      'clock',
      'journal',
      'workers',
    ])
  })

  it.each<[string, Partial<Facts>, 'warning' | 'failing']>([
    ['node', { node_version: 'v20.18.3' }, 'failing'],
    ['node', { node_version: 'v18.20.0' }, 'failing'],
    ['data directory', { directory_writable: false }, 'failing'],
    [
      'data directory',
      { directory_exists: false, parent: { path: '/ro', is_folder: true, writable: false } },
      'failing',
    ],
    [
      'data directory',
      { directory_exists: false, parent: { path: '/data', is_folder: false, writable: true } },
      'failing',
    ],
    ['disk', { free_bytes: 10 }, 'failing'],
    ['disk', { free_bytes: 1024 ** 3 / 2 }, 'warning'],
    ['clock', { asked_at_ms: now + 60_000 }, 'warning'],
    ['clock', { asked_at_ms: now - 60_000 }, 'warning'],
    ['journal', { fleet: { ...fleet, journal_lag_ms: 60_000 } }, 'warning'],
    ['workers', { fleet: { ...fleet, workers: [] } }, 'warning'],
    ['workers', { fleet: { ...fleet, workers: [], tasks: { ...fleet.tasks, ready: 1 } } }, 'failing'],
  ])('finds what is wrong with %s, and how to mend it', (check, facts, status) => {
    expect(bad(facts)).toEqual([expect.objectContaining({ check, status, remedy: expect.any(String) })])
  })

  it('passes on what the server says of its parts', () => {
    const components = [
      { name: 'database', status: 'failing', message: 'no answer', remedy: 'start it', took_ms: 1 } as const,
    ]
    const health = healthy.health === null ? null : { ...healthy.health, components }
    expect(bad({ health })).toEqual([
      { check: 'database', status: 'failing', message: 'no answer', remedy: 'start it' },
    ])
  })

  it('tells a server that is off from a port that another program has', () => {
    const off = { health: null, fleet: null }
    const port = (facts: Partial<Facts>) => bad({ ...off, ...facts }).find(({ check }) => check === 'port')
    expect(port({ port_in_use: true, lock_held: false })).toMatchObject({ status: 'failing' })
    expect(port({ port_in_use: false, lock_held: false })?.remedy).toContain('npm start')
    expect(port({ port_in_use: false, lock_held: true })?.message).toContain('not at')
    for (const finding of bad({ ...off, port_in_use: false })) expect(finding.remedy, finding.check).toBeTruthy()
  })

  it('names an emergency stop and how to lift it', () => {
    const stops = [{ scope: { kind: 'project', id: 'p1' } }] as unknown as FleetStatus['stops']
    expect(bad({ fleet: { ...fleet, stops } })[0]?.remedy).toContain('/api/v1/projects/p1/stop')
  })
})
