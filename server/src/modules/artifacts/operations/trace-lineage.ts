import type { Tx } from '../../../platform/db/db.ts'
import { artifactsStore } from '../artifacts.store.ts'
import type { ArtifactRow, EdgeRow } from '../artifacts.types.ts'

const artifacts_max = 500
const edges_max = 5_000

/** Traces an artifact's lineage in both directions, within bounds, the nearest first. */
export async function traceLineage(
  tx: Tx,
  organization_id: string,
  artifact_id: string,
): Promise<{ readonly artifacts: readonly ArtifactRow[]; readonly edges: readonly EdgeRow[] }> {
  const seen = new Set([artifact_id])
  const edges = new Map<string, EdgeRow>()
  let frontier = [artifact_id]
  while (frontier.length > 0 && seen.size < artifacts_max) {
    const near = await artifactsStore.edges(tx, organization_id, { ids: frontier, limit: edges_max })
    frontier = []
    for (const edge of near) {
      edges.set(`${edge.parent_id} ${edge.child_id} ${edge.relation}`, edge)
      for (const id of [edge.parent_id, edge.child_id]) {
        if (seen.has(id) || seen.size >= artifacts_max) continue
        seen.add(id)
        frontier.push(id)
      }
    }
  }
  const shown = [...edges.values()].filter(({ parent_id, child_id }) => seen.has(parent_id) && seen.has(child_id))
  return { artifacts: await artifactsStore.find(tx, organization_id, [...seen]), edges: shown }
}
