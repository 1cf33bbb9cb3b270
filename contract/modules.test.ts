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

describe('the order of the modules', () => {
  it('is kept by what operations ask of their callers', () => {
    const order = Object.keys(operationsByModule)
    // Where one of several is enough, the later ones may be of later modules: what an extension point adds.
    const ownerOf = (access: Access) => {
      const permission = typeof access === 'string' ? access : access[0]
      return Object.entries(permissionsByModule).find(([, own]) => own.some((one) => one === permission))?.[0]
    }
    const later = Object.entries(operationsByModule).flatMap(([module, operations]) =>
      operations.flatMap(({ id, permission }) => {
        const owner = ownerOf(permission) ?? 'platform'
        const isBelow = owner === 'platform' || order.indexOf(owner) <= order.indexOf(module)
        return isBelow ? [] : [`${id} of ${module} asks for ${permission} of ${owner}`]
      }),
    )
    expect(later).toEqual([])
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
