import { type FindKind, findKinds } from '@muster/contract/dashboard/find'
import type { Permission } from '@muster/contract/permissions'
import type { Caller } from '../../../platform/caller.ts'
import type { TenantTx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { type Sought, soughtBy } from '../rules/find.rules.ts'
import { type FoundRow, findStore, type Looking } from '../store/find.store.ts'

export interface FindQuery {
  readonly q: string
  readonly project_id?: string | undefined
  readonly limit: number
}

/** The permission that reading each kind needs. */
const permissions: Readonly<Record<FindKind, Permission>> = {
  goal: 'goals:read',
  project: 'projects:read',
  agent: 'agents:read',
  document: 'state:read',
  task: 'tasks:read',
  run: 'tasks:read',
  approval: 'approvals:read',
  artifact: 'artifacts:read',
}

/**
 * Finds things by the beginning of an id, by number or by name, with one query for each kind that the caller may read.
 */
export function createFind({ transactions }: { readonly transactions: RequestTransactions }) {
  return (caller: Caller, { q, project_id, limit }: FindQuery) => {
    const kinds = findKinds.filter((kind) => caller.permissions.has(permissions[kind]))
    const looking = { organization_id: caller.organization_id, project_id, limit }
    return transactions.read(caller, async (tx) => {
      const rows = await lookFor(tx, looking, { sought: soughtBy(q), kinds })
      const items = new Map(rows.map((row) => [`${row.kind} ${row.project_id} ${row.id}`, row]))
      return { items: [...items.values()].slice(0, limit).map(presented) }
    })
  }
}

async function lookFor(
  tx: TenantTx,
  looking: Looking,
  { sought, kinds }: { readonly sought: Sought; readonly kinds: readonly FindKind[] },
): Promise<readonly FoundRow[]> {
  const { ids, number, words, key } = sought
  const byIds = kinds.map((kind) => (ids && kind !== 'document' ? findStore.byIds(tx, looking, { kind, ...ids }) : []))
  const byNumber = number !== undefined && kinds.includes('goal') ? [findStore.byNumber(tx, looking, number)] : []
  const byName = kinds.map((kind) => {
    if (kind === 'document') return key === '' ? [] : findStore.byKey(tx, looking, key)
    const isNamed = kind === 'goal' || kind === 'project' || kind === 'agent'
    return isNamed && words.length > 0 ? findStore.byWords(tx, looking, { kind, words }) : []
  })
  return (await Promise.all([...byIds, ...byNumber, ...byName])).flat()
}

function presented({ kind, id, title, number, project_id, goal_id, status }: FoundRow) {
  return {
    kind,
    id,
    title,
    ...(number !== null && { number }),
    ...(project_id !== null && { project_id }),
    ...(goal_id !== null && { goal_id }),
    ...(status !== null && { status }),
  }
}
