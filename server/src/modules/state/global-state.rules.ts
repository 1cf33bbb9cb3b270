/** An agent's document `global`, and how its goals and campaigns change: pure. */
import type { GlobalStateUpdate } from '@muster/contract/state/global-state'
import type { Json, JsonObject } from '@muster/contract/values'
import { invalid } from '../../platform/errors.ts'
import { mergePatch } from './state.rules.ts'

export const global_document = 'global'

export function asObject(value: unknown): JsonObject {
  // Documents are JSON.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function listIn(value: JsonObject, key: 'goals' | 'campaigns'): readonly Json[] {
  const list = Object.hasOwn(value, key) ? value[key] : undefined
  return Array.isArray(list) ? list : []
}

/** The value after an update: the merge patch first, then goals, then campaigns. Throws `invalid`, naming the change. */
export function applyUpdate(
  value: JsonObject,
  { merge, updates }: Pick<GlobalStateUpdate, 'merge' | 'updates'>,
): JsonObject {
  const mergedState = merge === undefined ? value : asObject(mergePatch(value, merge))
  if (updates === undefined) return mergedState
  const goals = updates.goals?.map(({ action, goal }) => ({ action, item: goal }))
  const campaigns = updates.campaigns?.map(({ action, campaign }) => ({ action, item: campaign }))
  return {
    ...mergedState,
    ...(goals && { goals: changedList(listIn(mergedState, 'goals'), goals, 'goals') }),
    ...(campaigns && { campaigns: changedList(listIn(mergedState, 'campaigns'), campaigns, 'campaigns') }),
  }
}

interface Change {
  readonly action: 'add' | 'update' | 'remove'
  readonly item: JsonObject
}

const id_names = { goals: ['goal_id', 'id'], campaigns: ['campaign_id', 'id'] } as const

function changedList(list: readonly Json[], changes: readonly Change[], of: 'goals' | 'campaigns'): readonly Json[] {
  let items = list
  for (const [address, { action, item }] of changes.entries()) {
    const field = `updates.${of}.${address}`
    const id = idOf(item, of)
    if (id === undefined) throw invalid(field, `The item requires ${id_names[of].join(' or ')}.`)
    const at = items.findIndex((one) => idOf(one, of) === id)
    if (action === 'add' && at >= 0) throw invalid(field, 'An item with this ID already exists; update it instead.', id)
    if (action !== 'add' && at < 0) throw invalid(field, 'There is no item with this ID.', id)
    if (action === 'add') items = [...items, item]
    // A merge patch of objects is an object.
    else if (action === 'update') items = items.with(at, mergePatch(items[at], item) as Json)
    else items = items.filter((_item, index) => index !== at)
  }
  return items
}

function idOf(item: Json, of: 'goals' | 'campaigns'): string | number | undefined {
  const object = asObject(item)
  for (const name of id_names[of]) {
    const id = Object.hasOwn(object, name) ? object[name] : undefined
    if (typeof id === 'string' || typeof id === 'number') return id
  }
  return undefined
}
