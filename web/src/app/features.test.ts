import { type Event, eventFamilies, eventTypes } from '@muster/contract/events'
import { operations } from '@muster/contract/operations'
import { findKinds } from '@muster/contract/search'
import { describe, expect, it } from 'vitest'
import { agent_names_query } from '../components/agents/agent-names.ts'
import { features } from './features.ts'
import { navigation } from './navigation.ts'

const { entries, commands, groups, entryOf } = navigation
const invalidations = features.flatMap((feature) => feature.invalidations ?? [])
const paths = features.flatMap(({ routes }) => routes.map(({ options }) => ('path' in options ? options.path : '')))

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

describe('the manifests of all features', () => {
  it('declare each path, navigation entry and shortcut once', () => {
    expect(isUnique(paths)).toBe(true)
    expect(isUnique(entries.map(({ label }) => label))).toBe(true)
    expect(isUnique([...entries.map(({ key }) => `g ${key}`), ...commands.map(({ keys }) => keys)])).toBe(true)
  })

  it('lead only to pages that exist', () => {
    for (const { to } of entries) expect(paths).toContain(to)
  })

  it('keep every entry in a group', () => {
    expect(groups.flatMap((group) => group.entries).length).toBe(entries.length)
  })

  it('invalidate operations of the contract that are read, by events of the contract', () => {
    const readable = new Set(operations.filter(({ method }) => method === 'GET').map(({ id }) => id))
    const names = invalidations.flatMap(({ queries }) => queries).filter((name) => !name.startsWith('names of '))
    expect(names.filter((name) => !readable.has(name))).toEqual([])
    const events = new Set<string>([...eventTypes, ...eventFamilies])
    expect(invalidations.flatMap(({ on }) => on).filter((name) => !events.has(name))).toEqual([])
    expect(invalidations.flatMap(({ queries }) => queries)).toContain(agent_names_query)
  })

  it('open each kind of search result in one feature', () => {
    const handled = features.flatMap(({ search_results }) => Object.keys(search_results ?? {}))
    expect([...handled].sort()).toEqual([...findKinds].sort())
  })

  it('limit what a goal’s event touches to that goal', () => {
    const goal = invalidations.find(({ queries }) => queries.includes('goals.get'))
    expect(goal?.ids?.({ goal_id: 'one' } as Event)).toEqual(['one'])
    expect(goal?.ids?.({} as Event)).toEqual([])
  })
})

describe('the entry of a path', () => {
  it('is the one whose page or subpage it is', () => {
    const labels = ['/', '/goals', '/goals/new', '/goals/1/plans', '/goalsmith', '/runs/1'].map(
      (path) => entryOf(path)?.label,
    )
    expect(labels).toEqual(['Fleet', 'Goals', 'Goals', 'Goals', undefined, undefined])
  })
})
