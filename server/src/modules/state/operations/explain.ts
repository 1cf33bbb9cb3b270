import type { Json } from '@muster/contract/values'
import type { Tx } from '../../../platform/db/db.ts'
import { differences } from '../difference.rules.ts'
import type { MovedDifference, MovedDocument } from '../state.port.ts'
import { stateStore } from '../state.store.ts'

/** The changes of documents between the versions that were read and the present ones. */
export async function explainMoved(
  tx: Tx,
  organization_id: string,
  { moved, changes_max }: { readonly moved: readonly MovedDocument[]; readonly changes_max: number },
): Promise<(MovedDifference | undefined)[]> {
  const versions = moved.flatMap(({ current, ...readVersion }) => [readVersion, { ...readVersion, version: current }])
  const existingVersions = versions.filter(({ version }) => version > 0)
  const rows = existingVersions.length === 0 ? [] : await stateStore.versions(tx, organization_id, existingVersions)
  const values = new Map(rows.map((row) => [keyOf(row), row.value as Json]))
  return moved.map((one) => {
    const [before, after] = [one, { ...one, version: one.current }]
    if ([before, after].some((version) => version.version > 0 && !values.has(keyOf(version)))) return undefined
    return differences(values.get(keyOf(before)), values.get(keyOf(after)), changes_max)
  })
}

function keyOf({ scope, scope_id, document, version }: Omit<MovedDocument, 'current'>): string {
  return `${scope} ${scope_id} ${version} ${document}`
}
