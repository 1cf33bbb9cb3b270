import { describe, expect, expectTypeOf, it } from 'vitest'
import { type ErrorCode, errorTable } from './errors.ts'
import {
  type EventFamily,
  type EventType,
  eventFamilies,
  eventTypes,
  type FeedFilter,
  familyOf,
  feedFilterNames,
  feedFilterOf,
  feedFilters,
} from './events.ts'
import { errorsByModule } from './gathered/errors.ts'
import { limitsByModule } from './gathered/limits.ts'
import { operationsByModule } from './gathered/operations.ts'
import { permissionsByModule } from './gathered/permissions.ts'
import { limits } from './limits.ts'
import { type Access, type Permission, permissions } from './permissions.ts'
import { merge } from './platform/merge.ts'
import { accessToTasks } from './task-kinds.ts'

describe('what the modules bring', () => {
  it('is gathered whole', () => {
    const keysOf = (parts: Readonly<Record<string, object>>) => Object.values(parts).flatMap(Object.keys)
    expect(Object.keys(limits)).toEqual(keysOf(limitsByModule))
    expect(Object.keys(errorTable)).toEqual(keysOf(errorsByModule))
    expect(new Set(permissions).size).toBe(permissions.length)
  })

  it('has one home each', () => {
    const parts = { alpha: { a: 1, b: 2 }, beta: { b: 3 } }
    expect(() => merge(parts)).toThrow('b belongs to alpha and to beta')
    expect(merge({ alpha: { a: 1 }, beta: { b: 3 } })).toEqual({ a: 1, b: 3 })
  })

  it('keeps its exact types', () => {
    expectTypeOf(limits.name_characters_max).toEqualTypeOf<200>()
    expectTypeOf(errorTable.not_found.status).toEqualTypeOf<404>()
    expectTypeOf<'no_such_limit'>().not.toExtend<keyof typeof limits>()
    expectTypeOf<'no_such_code'>().not.toExtend<ErrorCode>()
    expectTypeOf<'goals:none'>().not.toExtend<Permission>()
    expectTypeOf<'goal.none'>().not.toExtend<EventType>()
    expectTypeOf<'lease_ms' | 'agent_steps_max'>().toExtend<keyof typeof limits>()
    expectTypeOf<'internal' | 'lease_lost'>().toExtend<ErrorCode>()
    expectTypeOf<'goals:read' | 'journal:read'>().toExtend<Permission>()
    expectTypeOf<'goal.done' | 'journal.retired'>().toExtend<EventType>()
  })
})

type Asking = Readonly<Record<string, readonly { readonly id: string; readonly permission: Access }[]>>

/** The operations that ask for a permission of a module that stands later than their own. */
function laterPermissions(operations: Asking): readonly string[] {
  const order = Object.keys(operationsByModule)
  const ownerOf = (permission: string) =>
    Object.entries(permissionsByModule).find(([, own]) => own.some((one) => one === permission))?.[0]
  // What an extension point of tasks adds may be of later modules; of any other list each permission counts.
  const ofAllTasks = [accessToTasks('read'), accessToTasks('write')].map((access) => JSON.stringify(access))
  const askedOf = (access: Access): readonly string[] => {
    if (typeof access === 'string') return [access]
    return ofAllTasks.includes(JSON.stringify(access)) ? access.slice(0, 1) : access
  }
  return Object.entries(operations).flatMap(([module, own]) =>
    own.flatMap(({ id, permission }) =>
      askedOf(permission).flatMap((asked) => {
        const owner = ownerOf(asked) ?? 'platform'
        const isBelow = owner === 'platform' || order.indexOf(owner) <= order.indexOf(module)
        return isBelow ? [] : [`${id} of ${module} asks for ${asked} of ${owner}`]
      }),
    ),
  )
}

describe('the order of the modules', () => {
  it('is kept by what operations ask of their callers', () => {
    expect(laterPermissions(operationsByModule)).toEqual([])
  })

  it('is tested for each of several permissions', () => {
    const permission = ['projects:read', 'goals:read', 'runs:work'] as const
    expect(laterPermissions({ projects: [{ id: 'projects.all', permission }] })).toEqual([
      'projects.all of projects asks for goals:read of planner',
      'projects.all of projects asks for runs:work of worker',
    ])
  })
})

describe('families of events', () => {
  it('follow what their types begin with', () => {
    expect(familyOf('goal.created')).toBe('goal')
    expect(familyOf('task.lease_lost')).toBe('task')
    expectTypeOf<EventFamily>().toEqualTypeOf<
      | 'agent'
      | 'approval'
      | 'artifact'
      | 'budget'
      | 'goal'
      | 'journal'
      | 'key'
      | 'model'
      | 'policy'
      | 'project'
      | 'provider'
      | 'state'
      | 'stop'
      | 'task'
    >()
  })

  it('are let through by one filter of the feeds each', () => {
    expectTypeOf<FeedFilter>().toEqualTypeOf<'agent' | 'task' | 'hitl' | 'artifact' | 'workflow'>()
    expect(feedFilterNames).toEqual(['agent', 'task', 'hitl', 'artifact', 'workflow'])
    expect(Object.values(feedFilters).flat().sort()).toEqual([...eventFamilies].sort())
    expect([...feedFilters.workflow].sort()).toEqual([
      'budget',
      'goal',
      'journal',
      'key',
      'model',
      'policy',
      'project',
      'provider',
      'state',
      'stop',
    ])
    for (const type of eventTypes)
      expect(feedFilters[feedFilterOf(type)].some((family) => family === familyOf(type))).toBe(true)
    expect([feedFilterOf('approval.opened'), feedFilterOf('key.created')]).toEqual(['hitl', 'workflow'])
  })
})
