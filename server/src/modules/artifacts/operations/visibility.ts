import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import { grants } from '../artifacts.extensions.ts'
import type { ArtifactRow } from '../artifacts.types.ts'

/**
 * Whether a caller may see an artifact: a person sees all of the organization; an agent the results of its runs and the
 * inputs of its live runs.
 */
export async function isVisible(
  extensions: Extensions,
  tx: Tx,
  { caller, row }: { readonly caller: Caller; readonly row: ArtifactRow },
): Promise<boolean> {
  return (await visibleArtifacts(extensions, tx, { caller, rows: [row] })).length === 1
}

/** Those of the artifacts that the caller may see. */
export async function visibleArtifacts(
  extensions: Extensions,
  tx: Tx,
  { caller, rows }: { readonly caller: Caller; readonly rows: readonly ArtifactRow[] },
): Promise<readonly ArtifactRow[]> {
  const { organization_id, agent_id } = caller
  if (agent_id === null || rows.length === 0) return rows
  const artifact_ids = rows.map(({ id }) => id)
  const grantedIds = await Promise.all(
    extensions.of(grants).map((one) => one.handedOut(tx, organization_id, { agent_id, artifact_ids })),
  )
  return rows.filter((row) => row.agent_id === agent_id || grantedIds.some((ids) => ids.has(row.id)))
}
