import { z } from 'zod'
import { agentId, commitId, goalId, projectId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, queryInteger } from '../lists.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { agentRef, count, type Data, json, sha256, text, timestamp, version } from '../values.ts'
import { stateLimits } from './limits.ts'

/** To whom a document belongs: a project or an agent. */
export const documentScopes = ['project', 'agent'] as const
export type DocumentScope = (typeof documentScopes)[number]
const scope = z.enum(documentScopes)

/** A document's key: segments with slashes between, as in `goals/{goal_id}/briefing`. In a path it is percent-encoded. */
export const documentKey = text({ min: 1, max: platformLimits.reference_characters_max })
  .normalize('NFC')
  .regex(/^[^/\s][^\p{Cc}]*$/u, 'must begin with neither slash nor white space, and hold no control characters')

/** A JSON Pointer (RFC 6901). */
export const pointer = text({ max: platformLimits.reference_characters_max }).regex(
  /^(?:\/(?:[^~/]|~[01])*)*$/,
  'must be a JSON Pointer (RFC 6901)',
)

/** The operations on a document. */
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
    value: json({ max_bytes: stateLimits.document_bytes_max }).optional(),
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
  value: json({ max_bytes: stateLimits.document_bytes_max }),
  sha256: sha256.describe('Of the value as canonical JSON (RFC 8785).'),
  committed_at: timestamp,
  commit_id: commitId,
})
export type Document = Data<z.output<typeof document>>

/** A document in a list: everything but its value. */
export const documentEntry = document.omit({ value: true }).extend({ size_bytes: count })
export type DocumentEntry = Data<z.output<typeof documentEntry>>
/** Which documents are listed. */
export const documentQuery = z.strictObject({
  ...listQuery,
  prefix: text({ max: platformLimits.reference_characters_max }).optional(),
})
/** A page of documents without their values. */
export const documentList = listOf(documentEntry)

/** The new value of a document. */
export const documentPut = z.strictObject({ value: json({ max_bytes: stateLimits.document_bytes_max }) })
/** The version of a document that is asked for; absent: the newest. */
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
/** A page of the versions of a document, newest first. */
export const documentHistory = listOf(documentVersion)

const versionParameter = queryInteger({ min: 0 })
/** The two versions of a document that are compared. */
export const documentDiffQuery = z.strictObject({
  from: versionParameter.optional().describe('Absent: the one before `to`.'),
  to: versionParameter.optional().describe('Absent: the current one.'),
})

/** One difference, at a JSON Pointer. */
export const difference = z.object({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.string(),
  before: json({ max_bytes: stateLimits.document_bytes_max }).optional(),
  after: json({ max_bytes: stateLimits.document_bytes_max }).optional(),
})
export type Difference = Data<z.output<typeof difference>>

/** What changed between two versions of a document. */
export const documentDiff = z.object({
  document: z.string(),
  from: version,
  to: version,
  changes: z.array(difference),
  truncated: z.boolean().describe('Whether there were more differences than are shown.'),
})
export type DocumentDiff = Data<z.output<typeof documentDiff>>
