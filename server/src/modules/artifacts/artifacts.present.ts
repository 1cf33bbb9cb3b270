import type { DescribedArtifact } from './artifacts.port.ts'
import type { ArtifactRow } from './artifacts.types.ts'

/** An artifact as the contract has it. */
export function presentArtifact(row: ArtifactRow) {
  const { id, project_id, name, type, media_type, size_bytes, sha256, version, human_edited, created_by, created_at } =
    row
  return {
    id,
    project_id,
    ...(row.goal_id !== null && { goal_id: row.goal_id }),
    ...(row.task_id !== null && { task_id: row.task_id }),
    ...(row.run_id !== null && { run_id: row.run_id }),
    name,
    type,
    media_type,
    size_bytes,
    sha256,
    version,
    ...(row.previous_id !== null && { version_of: row.previous_id }),
    human_edited,
    ...(row.provenance !== null && { tool_provenance: row.provenance }),
    created_by,
    created_at,
  }
}

/** An artifact as briefs describe it, with its place. */
export function describeArtifact(row: ArtifactRow): DescribedArtifact {
  const {
    id: artifact_id,
    name,
    media_type,
    size_bytes,
    sha256,
    project_id,
    goal_id,
    run_id,
    agent_id,
    type,
    version,
  } = row
  return { artifact_id, name, media_type, size_bytes, sha256, project_id, goal_id, run_id, agent_id, type, version }
}
