import { z } from 'zod'
import { artifactId, goalId, projectId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, pageQuery, queryText } from '../lists.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { count, type Data, json, jsonObject, sha256, text, timestamp } from '../values.ts'

/** What an artifact is, as one word such as `source_code`; any spelling like it is taken. */
export const artifactType = text({ min: 1, max: platformLimits.key_characters_max }).regex(/^[a-z][a-z0-9_]*$/)

/** An artifact as the API shows it, without its content. */
export const artifact = z.object({
  id: artifactId,
  project_id: projectId,
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional(),
  name: z.string().describe('A file name, with its folders below the one that was given.'),
  type: z.string(),
  media_type: z.string(),
  size_bytes: count,
  sha256,
  version: z.int().min(1),
  version_of: artifactId.optional().describe('The version before this one.'),
  human_edited: z.boolean(),
  metadata: jsonObject().optional(),
  tool_provenance: json().optional(),
  created_by: actor,
  created_at: timestamp,
})
export type Artifact = Data<z.output<typeof artifact>>

/**
 * The fields of the multipart form, which come before the files; then one or more parts named `file`, each with a file name.
 * A project is needed unless the caller's run or the version before names it.
 */
export const artifactUpload = z.strictObject({
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  run_id: runId.optional(),
  type: artifactType.optional(),
  name: text({ min: 1, max: platformLimits.reference_characters_max })
    .optional()
    .describe('Instead of the file name, where there is one file; may have folders, with slashes.'),
  version_of: artifactId.optional(),
})
export type ArtifactUpload = Data<z.output<typeof artifactUpload>>

/** Which artifacts are listed. */
export const artifactQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional(),
  type: artifactType.optional(),
})
/** A page of artifacts. */
export const artifactList = listOf(artifact)

/** Where an artifact comes from and what was made of it. `parent` was used to make `child`. */
export const lineage = z.object({
  artifact_id: artifactId,
  artifacts: z.array(artifact),
  edges: z.array(
    z.object({
      parent_id: artifactId,
      child_id: artifactId,
      relation: z.enum(['input', 'version', 'edit', 'source']),
      run_id: runId.optional(),
    }),
  ),
})
export type Lineage = Data<z.output<typeof lineage>>
