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
  const visitedIds = new Set([artifact_id])
  const edges = new Map<string, EdgeRow>()
  let frontier = [artifact_id]
  while (frontier.length > 0 && visitedIds.size < artifacts_max) {
    const nearEdges = await artifactsStore.edges(tx, organization_id, { ids: frontier, limit: edges_max })
    frontier = []
    for (const edge of nearEdges) {
      edges.set(`${edge.parent_id} ${edge.child_id} ${edge.relation}`, edge)
      for (const id of [edge.parent_id, edge.child_id]) {
        if (visitedIds.has(id) || visitedIds.size >= artifacts_max) continue
        visitedIds.add(id)
        frontier.push(id)
      }
    }
  }
  const edgesBetween = [...edges.values()].filter(
    ({ parent_id, child_id }) => visitedIds.has(parent_id) && visitedIds.has(child_id),
  )
  return { artifacts: await artifactsStore.find(tx, organization_id, [...visitedIds]), edges: edgesBetween }
}
