import { createHash } from 'node:crypto'
import type { ArtifactUpload } from '@muster/contract/artifacts/artifacts'
import { limits } from '@muster/contract/limits'
import type { Blobs } from '../../../platform/blobs/blobs.ts'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { invalid, MusterError, notFound } from '../../../platform/errors.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import type { IdentityPort, Scope } from '../../identity/identity.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import type { Content, NewArtifact } from '../artifacts.port.ts'
import { presentArtifact } from '../artifacts.present.ts'
import { cleanName, mediaTypeOf } from '../artifacts.rules.ts'
import { artifactsStore } from '../artifacts.store.ts'
import type { ArtifactRow } from '../artifacts.types.ts'
import { isVisible } from './visibility.ts'

const uploadKillPoint = commitKillPoints('artifacts.upload')

export interface UploadDeps {
  readonly transactions: RequestTransactions
  readonly blobs: Blobs
  readonly projects: Pick<ProjectsPort, 'gates'>
  readonly extensions: Extensions
  readonly identity: Pick<IdentityPort, 'findScope'>
  put(tx: Tx, artifacts: readonly NewArtifact[]): Promise<readonly string[]>
}

/** A file that is being uploaded. Its name is the sender's, and its content is read once. */
export interface IncomingFile {
  readonly file_name: string
  readonly media_type: string
  readonly content: AsyncIterable<Uint8Array>
}

export interface Upload {
  readonly fields: ArtifactUpload
  readonly files: AsyncIterable<IncomingFile>
}

interface ReceivedFile {
  readonly name: string
  readonly media_type: string
  readonly content: Content
}

/**
 * Uploads files: their place is tested before anything is read and again in the transaction that writes their rows;
 * their content is durable before that (invariant 31). All of them or none.
 */
export async function upload(deps: UploadDeps, caller: Caller, { fields, files }: Upload) {
  await deps.transactions.read(caller, (tx) => uploadScope(deps, tx, { caller, fields }))
  const receivedFiles = await receive(deps.blobs, caller, { fields, files })
  return deps.transactions.write(callerWithUploadHash(caller, fields, receivedFiles), async (tx) => {
    uploadKillPoint(tx)
    const { scope, previous } = await uploadScope(deps, tx, { caller, fields })
    if (scope.goal_id !== null) await mustFitGoal(tx, { caller, goal_id: scope.goal_id, receivedFiles })
    const artifacts = receivedFiles.map((file) => newArtifact(file, { caller, fields, scope, previous }))
    const ids = await deps.put(tx, artifacts)
    return { items: (await artifactsStore.find(tx, caller.organization_id, ids)).map(presentArtifact) }
  })
}

async function receive(blobs: Blobs, { organization_id }: Caller, { fields, files }: Upload): Promise<ReceivedFile[]> {
  const receivedFiles: ReceivedFile[] = []
  const bytes_max = limits.upload_file_bytes_max
  for await (const file of files) {
    if (receivedFiles.length === 1 && (fields.name !== undefined || fields.version_of !== undefined))
      throw invalid('file', 'With name or version_of there is one file.')
    const name = fields.name === undefined ? cleanName(file.file_name, 'file') : cleanName(fields.name)
    const content = await blobs.write(organization_id, file.content, { bytes_max })
    receivedFiles.push({ name, media_type: mediaTypeOf(file.media_type, name), content })
  }
  if (receivedFiles.length === 0) throw invalid('file', 'The upload has no file. Send files in parts named "file".')
  return receivedFiles
}

interface UploadScope {
  readonly scope: Pick<Scope, 'goal_id' | 'task_id' | 'agent_id'> & { readonly project_id: string }
  readonly previous: ArtifactRow | undefined
}

interface UploadRequest {
  readonly caller: Caller
  readonly fields: ArtifactUpload
}

/** The place of the files: the named run, the previous version, or the named project and goal. */
async function uploadScope(deps: UploadDeps, tx: Tx, { caller, fields }: UploadRequest): Promise<UploadScope> {
  const { organization_id, agent_id } = caller
  const previous = await previousOf(deps, tx, { caller, fields })
  const run = await runScope(deps, tx, { caller, fields })
  if (agent_id !== null && !run)
    throw new MusterError('forbidden', 'An agent’s API key can only upload for its own active run. Set run_id.', {
      field: 'run_id',
    })
  const runOrPrevious = run ?? previous
  const project_id = runOrPrevious?.project_id ?? fields.project_id
  if (project_id === undefined)
    throw invalid('project_id', 'project_id is required unless run_id or version_of names the project.')
  mustAgree('project_id', fields.project_id, project_id)
  const [gate] = await deps.projects.gates(tx, [{ organization_id, project_id }], 'none')
  if (!gate) throw notFound('project', project_id)
  const goal_id = runOrPrevious ? runOrPrevious.goal_id : (fields.goal_id ?? null)
  mustAgree('goal_id', fields.goal_id, goal_id)
  if (!runOrPrevious && goal_id !== null) await mustBeGoalOf(deps, tx, { organization_id, goal_id, project_id })
  const made_by = run
    ? { task_id: run.task_id, agent_id: run.agent_id }
    : { task_id: previous?.task_id ?? null, agent_id: null }
  return { scope: { project_id, goal_id, ...made_by }, previous }
}

async function previousOf(
  deps: UploadDeps,
  tx: Tx,
  { caller, fields }: UploadRequest,
): Promise<ArtifactRow | undefined> {
  if (fields.version_of === undefined) return undefined
  const [row] = await artifactsStore.find(tx, caller.organization_id, [fields.version_of])
  if (!row || !(await isVisible(deps.extensions, tx, { caller, row }))) throw notFound('artifact', fields.version_of)
  return row
}

async function runScope(deps: UploadDeps, tx: Tx, { caller, fields }: UploadRequest): Promise<Scope | undefined> {
  if (fields.run_id === undefined) return undefined
  const { organization_id } = caller
  const run = await deps.identity.findScope(tx, { organization_id, kind: 'run', ref: fields.run_id })
  if (!run || (caller.agent_id !== null && run.agent_id !== caller.agent_id)) throw notFound('live run', fields.run_id)
  return run
}

async function mustBeGoalOf(
  { identity }: UploadDeps,
  tx: Tx,
  goalRef: { readonly organization_id: string; readonly goal_id: string; readonly project_id: string },
): Promise<void> {
  const { organization_id, goal_id: ref } = goalRef
  const goal = await identity.findScope(tx, { organization_id, kind: 'goal', ref })
  if (goal?.project_id !== goalRef.project_id) throw notFound('goal', goalRef.goal_id)
}

function mustAgree(field: 'project_id' | 'goal_id', requestedId: string | undefined, actualId: string | null): void {
  if (requestedId !== undefined && requestedId !== actualId)
    throw invalid(field, `The run or the earlier version belongs to another ${field.slice(0, -3)}.`, requestedId)
}

async function mustFitGoal(
  tx: Tx,
  {
    caller,
    goal_id,
    receivedFiles,
  }: { readonly caller: Caller; readonly goal_id: string; readonly receivedFiles: readonly ReceivedFile[] },
): Promise<void> {
  const { files, bytes } = await artifactsStore.lockGoalTotals(tx, caller.organization_id, goal_id)
  const { goal_input_files_max, goal_input_bytes_max } = limits
  if (files + receivedFiles.length > goal_input_files_max)
    throw new MusterError('too_large', `A goal can have at most ${goal_input_files_max} files.`, {
      limit: goal_input_files_max,
    })
  const addedBytes = receivedFiles.reduce((sum, { content }) => sum + content.size_bytes, 0)
  if (bytes + addedBytes > goal_input_bytes_max)
    throw new MusterError('too_large', `The files of a goal can have at most ${goal_input_bytes_max} bytes in total.`, {
      limit: goal_input_bytes_max,
    })
}

function newArtifact(
  file: ReceivedFile,
  { caller, fields, scope, previous }: UploadRequest & UploadScope,
): NewArtifact {
  const is_output = scope.agent_id !== null
  return {
    organization_id: caller.organization_id,
    ...scope,
    run_id: fields.run_id ?? null,
    ...file,
    type: fields.type ?? previous?.type ?? (is_output ? 'agent_output' : 'user_input'),
    previous_id: previous?.id ?? null,
    human_edited: caller.agent_id === null && isMachineMade(previous),
    provenance: null,
    created_by: caller.principal,
  }
}

/** Whether a version follows an agent's content, or a person's version of such. */
function isMachineMade(previous: ArtifactRow | undefined): boolean {
  return previous !== undefined && (previous.agent_id !== null || previous.human_edited)
}

/** Extends the idempotency hash to the fields and files, not only the path. */
function callerWithUploadHash(caller: Caller, fields: ArtifactUpload, receivedFiles: readonly ReceivedFile[]): Caller {
  const { idempotency } = caller
  if (idempotency === undefined) return caller
  const hash = createHash('sha256').update(`${idempotency.body_sha256}\n${JSON.stringify(fields)}\n`)
  for (const { name, media_type, content } of receivedFiles)
    hash.update(JSON.stringify([name, media_type, content.sha256]))
  return { ...caller, idempotency: { ...idempotency, body_sha256: hash.digest('hex') } }
}
