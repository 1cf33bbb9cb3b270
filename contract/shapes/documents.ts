import { z } from 'zod'
import { agentId, commitId, goalId, projectId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, queryInteger } from '../lists.ts'
import { agentRef, count, type Data, json, jsonObject, sha256, text, timestamp, version } from '../values.ts'
import { actor } from './actors.ts'

export const documentScopes = ['project', 'agent'] as const
export type DocumentScope = (typeof documentScopes)[number]
const scope = z.enum(documentScopes)

/** A document's key: segments with slashes between, as in `goals/{goal_id}/briefing`. In a path it is percent-encoded. */
export const documentKey = text({ min: 1, max: limits.reference_characters_max }).regex(
  /^[^/\s][^\p{Cc}]*$/u,
  'must begin with neither slash nor white space, and hold no control characters',
)

/** A JSON Pointer (RFC 6901). */
export const pointer = text({ max: limits.reference_characters_max }).regex(
  /^(?:\/(?:[^~/]|~[01])*)*$/,
  'must be a JSON Pointer (RFC 6901)',
)

export const operationKinds = ['create', 'set', 'merge', 'append', 'increment'] as const
export type OperationKind = (typeof operationKinds)[number]

/**
 * One change of one document. `create` needs the document absent; `set` replaces the value at `path`; `merge` is RFC 7396;
 * `append` adds to an array and `increment` to a number, both making what is absent, and neither counts as a read. In a plan,
 * `value` may hold `{"$from": …}` anywhere.
 */
export const operationInput = z
  .strictObject({
    op: z.enum(operationKinds),
    scope: scope.default('project'),
    agent_id: agentRef.optional().describe('Whose document, where the scope is `agent`; absent: the agent of the run.'),
    document: documentKey,
    path: pointer.default(''),
    value: json({ max_bytes: limits.document_bytes_max }).optional(),
    by: z.number().optional().describe('For `increment`; absent: 1.'),
  })
  .refine((operation) => operation.op === 'increment' || operation.value !== undefined, {
    error: 'is required unless op is increment',
    path: ['value'],
  })
export type StateOperation = Data<z.output<typeof operationInput>>
export type StateOperationInput = Data<z.input<typeof operationInput>>

/** A document that a task is handed, with its version; `may_move` exempts it from the test at the commit. */
export const readInput = z.union([
  documentKey,
  z.strictObject({
    document: documentKey,
    scope: scope.optional(),
    agent_id: agentRef.optional(),
    may_move: z.boolean().optional(),
  }),
])
export type ReadInput = Data<z.output<typeof readInput>>

/** One entry of a read set: version 0 means that the document was absent. */
export const readEntry = z.object({
  document: z.string(),
  scope,
  agent_id: agentId.optional(),
  version,
  may_move: z.boolean().optional(),
})
export type ReadEntry = Data<z.output<typeof readEntry>>

/** A document as it stands. */
export const document = z.object({
  document: z.string(),
  scope,
  project_id: projectId.optional(),
  agent_id: agentId.optional(),
  version,
  value: json({ max_bytes: limits.document_bytes_max }),
  sha256: sha256.describe('Of the value as canonical JSON (RFC 8785).'),
  committed_at: timestamp,
  commit_id: commitId,
})
export type Document = Data<z.output<typeof document>>

/** A document in a list: everything but its value. */
export const documentEntry = document.omit({ value: true }).extend({ size_bytes: count })
export type DocumentEntry = Data<z.output<typeof documentEntry>>
export const documentQuery = z.strictObject({
  ...listQuery,
  prefix: text({ max: limits.reference_characters_max }).optional(),
})
export const documentList = listOf(documentEntry)

export const documentPut = z.strictObject({ value: json({ max_bytes: limits.document_bytes_max }) })
export const documentGetQuery = z.strictObject({
  version: queryInteger({ min: 1 }).optional(),
})

/** One version in a document's history, newest first. */
export const documentVersion = documentEntry.extend({
  committed_by: actor,
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional(),
})
export type DocumentVersion = Data<z.output<typeof documentVersion>>
export const documentHistory = listOf(documentVersion)

const versionParameter = queryInteger({ min: 0 })
export const documentDiffQuery = z.strictObject({
  from: versionParameter.optional().describe('Absent: the one before `to`.'),
  to: versionParameter.optional().describe('Absent: the current one.'),
})

/** One difference, at a JSON Pointer. */
export const difference = z.object({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.string(),
  before: json({ max_bytes: limits.document_bytes_max }).optional(),
  after: json({ max_bytes: limits.document_bytes_max }).optional(),
})
export type Difference = Data<z.output<typeof difference>>

export const documentDiff = z.object({
  document: z.string(),
  from: version,
  to: version,
  changes: z.array(difference),
  truncated: z.boolean().describe('Whether there were more differences than are shown.'),
})
export type DocumentDiff = Data<z.output<typeof documentDiff>>

/** An agent's document `global`, whose version is `state_version`. */
export const globalState = z.object({
  agent_id: agentId,
  name: z.string(),
  state_version: version,
  value: jsonObject({ max_bytes: limits.document_bytes_max }),
  goals: z.array(json()).describe('`value.goals`, or empty.'),
  campaigns: z.array(json()).describe('`value.campaigns`, or empty.'),
  last_updated: timestamp.optional(),
})
export type GlobalState = Data<z.output<typeof globalState>>

const action = z.enum(['add', 'update', 'remove'])
const goalChange = z.strictObject({ action, goal: jsonObject().describe('Found again by its `goal_id` or `id`.') })
const campaignChange = z.strictObject({
  action,
  campaign: jsonObject().describe('Found again by its `campaign_id` or `id`.'),
})

export const globalStateUpdate = z
  .strictObject({
    agent_id: agentRef,
    input_state_version: version.describe('The version that was read; the update is refused when it has moved.'),
    updates: z
      .strictObject({
        goals: z.array(goalChange).max(limits.page_size_max).optional(),
        campaigns: z.array(campaignChange).max(limits.page_size_max).optional(),
      })
      .optional(),
    merge: jsonObject({ max_bytes: limits.document_bytes_max }).optional().describe('A merge patch (RFC 7396).'),
    commit_hash: sha256.optional().describe('Recorded with the commit.'),
  })
  .refine((body) => body.updates !== undefined || body.merge !== undefined, {
    error: 'must have updates or merge',
    path: ['updates'],
  })
export type GlobalStateUpdate = Data<z.output<typeof globalStateUpdate>>

export const globalStateUpdated = z.object({ updated: z.boolean(), new_state_version: version, commit_id: commitId })
