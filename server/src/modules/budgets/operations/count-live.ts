import type { Tx } from '../../../platform/db/db.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import { usageSources } from '../budgets.extensions.ts'
import type { LiveRunScope } from '../budgets.port.ts'

/** Live runs of each scope, in the order of the scopes, added up over all sources. */
export async function countLive(extensions: Extensions, tx: Tx, scopes: readonly LiveRunScope[]): Promise<number[]> {
  const sums = scopes.map(() => 0)
  if (scopes.length === 0) return sums
  for (const source of extensions.of(usageSources))
    for (const [index, live] of (await source.countLive(tx, scopes)).entries()) sums[index] = (sums[index] ?? 0) + live
  return sums
}
