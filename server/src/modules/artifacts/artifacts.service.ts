import type { Readable } from 'node:stream'
import type { artifactQuery } from '@muster/contract/artifacts/artifacts'
import { limits } from '@muster/contract/limits'
import type { z } from 'zod'
import type { Blobs, ByteRange } from '../../platform/blobs/blobs.ts'
import type { Caller } from '../../platform/caller.ts'
import type { Db, Tx } from '../../platform/db/db.ts'
import { pageIn, windowOf } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { namesTag } from '../../platform/http/files/etags.ts'
import { newId } from '../../platform/ids.ts'
import type { NewEvent } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import type { Job } from '../../platform/module/module.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import type { ArtifactsPort } from './artifacts.port.ts'
import { describeArtifact, presentArtifact } from './artifacts.present.ts'
import { dispositionOf, rangeOf } from './artifacts.rules.ts'
import { artifactsStore, type NewRow } from './artifacts.store.ts'
import type { ArtifactRow } from './artifacts.types.ts'
import { bundle } from './bundle.service.ts'
import { traceLineage } from './operations/trace-lineage.ts'
import { type Upload, upload } from './operations/upload.ts'
import { isVisible, visibleArtifacts } from './operations/visibility.ts'

export interface ArtifactsOptions {
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly blobs: Blobs
  readonly journal: Journal
  readonly projects: Pick<ProjectsPort, 'gates'>
  readonly extensions: Extensions
  readonly identity: Pick<IdentityPort, 'findScope'>
}

const hour_ms = 3_600_000

/** Artifacts as callers upload, list and download them, and the module's jobs. */
export function createArtifacts(options: ArtifactsOptions) {
  const port = createPort(options)
  return {
    ...port,
    ...createReading(options),
    upload: (caller: Caller, uploadRequest: Upload) => upload({ ...options, ...port }, caller, uploadRequest),
    jobs: [sweepJob(options), verifyJob(options)],
  }
}

export type Artifacts = ReturnType<typeof createArtifacts>

function createPort({ blobs, journal }: ArtifactsOptions): ArtifactsPort {
  return {
    keep: (organization_id, content) =>
      blobs.write(organization_id, content instanceof Uint8Array ? singleChunk(content) : content, {
        bytes_max: limits.upload_file_bytes_max,
      }),

    async put(tx, artifacts) {
      const rows = artifacts.map(({ content, ...artifact }) => ({ ...artifact, ...content, id: newId() }))
      if (rows.length > 0) await artifactsStore.insert(tx, rows)
      for (const row of rows) journal.record(tx, row.organization_id, [eventOf(row)])
      return rows.map(({ id }) => id)
    },

    describe: async (tx, organization_id, ids) =>
      (await artifactsStore.find(tx, organization_id, ids)).map(describeArtifact),

    async content(tx, organization_id, ids) {
      const rows = await artifactsStore.find(tx, organization_id, ids)
      return Promise.all(
        rows.map(async ({ id: artifact_id, name, media_type, sha256 }) => {
          const bytes = await blobs.bytes({ organization_id, sha256 })
          return { artifact_id, name, media_type, sha256, bytes }
        }),
      )
    },

    ofGoal: async (tx, organization_id, goal_id) => {
      const query = { goal_id, limit: limits.goal_input_files_max }
      return (await artifactsStore.ofGoal(tx, organization_id, query)).map(describeArtifact)
    },

    async recordLineage(tx, entries) {
      if (entries.length > 0) await artifactsStore.addLineage(tx, entries)
    },

    lineageOf: (tx, organization_id, run_ids) => artifactsStore.lineage(tx, organization_id, run_ids),

    bundle: (organization_id, files) => bundle(blobs, organization_id, files),
  }
}

/** The headers of a download request. */
export interface DownloadRequest {
  readonly range?: string | undefined
  readonly if_range?: string | undefined
  readonly if_none_match?: string | undefined
}

export interface Download {
  readonly status: 200 | 206 | 304
  readonly headers: Readonly<Record<string, string>>
  /** Absent where the caller has it already. */
  readonly body?: Readable
}

function createReading({ transactions, blobs, extensions }: ArtifactsOptions) {
  async function find(tx: Tx, caller: Caller, id: string): Promise<ArtifactRow> {
    const [row] = await artifactsStore.find(tx, caller.organization_id, [id])
    if (!row || !(await isVisible(extensions, tx, { caller, row }))) throw notFound('artifact', id)
    return row
  }

  return {
    get: (caller: Caller, id: string) =>
      transactions.read(caller, async (tx) => presentArtifact(await find(tx, caller, id))),

    /** Newest first. An agent's key lists what the agent's own runs made. */
    list(caller: Caller, query: z.output<typeof artifactQuery>) {
      const { organization_id, agent_id } = caller
      const window = windowOf(query)
      const filter = { ...query, ...(agent_id !== null && { agent_id }) }
      return transactions.read(caller, async (tx) => {
        const { items, ...more } = pageIn(await artifactsStore.list(tx, organization_id, { filter, window }), window)
        const total = window.counted ? { total: await artifactsStore.count(tx, organization_id, filter) } : {}
        return { items: items.map(presentArtifact), ...more, ...total }
      })
    },

    lineage: (caller: Caller, artifact_id: string) =>
      transactions.read(caller, async (tx) => {
        await find(tx, caller, artifact_id)
        const lineage = await traceLineage(tx, caller.organization_id, artifact_id)
        const rows = await visibleArtifacts(extensions, tx, { caller, rows: lineage.artifacts })
        const visibleIds = new Set(rows.map(({ id }) => id))
        const edges = lineage.edges.filter(
          ({ parent_id, child_id }) => visibleIds.has(parent_id) && visibleIds.has(child_id),
        )
        return {
          artifact_id,
          artifacts: rows.map(presentArtifact),
          edges: edges.map(({ run_id, ...edge }) => ({ ...edge, ...(run_id !== null && { run_id }) })),
        }
      }),

    async download(caller: Caller, id: string, request: DownloadRequest): Promise<Download> {
      const row = await transactions.read(caller, (tx) => find(tx, caller, id))
      const etag = `"${row.sha256}"`
      const cacheHeaders = { etag, 'cache-control': 'private, no-cache' }
      if (namesTag(request.if_none_match, etag)) return { status: 304, headers: cacheHeaders }
      const is_current = request.if_range === undefined || request.if_range.trim() === etag
      const range = rangeOf(is_current ? request.range : undefined, row.size_bytes)
      if (range === 'outside') throw outside(row, request.range)
      const ref = { organization_id: caller.organization_id, sha256: row.sha256 }
      const body = await blobs.read(ref, range === 'whole' ? undefined : range)
      return {
        status: range === 'whole' ? 200 : 206,
        headers: {
          ...cacheHeaders,
          ...contentHeaders(row, range),
        },
        body,
      }
    },
  }
}

function contentHeaders(row: ArtifactRow, range: 'whole' | ByteRange): Readonly<Record<string, string>> {
  const { start, end } = range === 'whole' ? { start: 0, end: row.size_bytes - 1 } : range
  return {
    'content-type': row.media_type,
    'content-length': String(end - start + 1),
    'content-disposition': dispositionOf(row.name),
    'accept-ranges': 'bytes',
    // The content may run nothing and reach nothing in a browser.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    ...(range !== 'whole' && { 'content-range': `bytes ${start}-${end}/${row.size_bytes}` }),
  }
}

function eventOf(row: NewRow): NewEvent {
  const { id, project_id, goal_id, task_id, run_id, created_by, type, size_bytes, previous_id, human_edited } = row
  return {
    type: previous_id === null ? 'artifact.created' : 'artifact.versioned',
    actor: created_by,
    project_id,
    goal_id: goal_id ?? undefined,
    task_id: task_id ?? undefined,
    run_id: run_id ?? undefined,
    data: { artifact_id: id, type, size_bytes, ...(previous_id !== null && { version_of: previous_id, human_edited }) },
  }
}

function outside({ size_bytes }: ArtifactRow, value: string | undefined): MusterError {
  return new MusterError('range', `The range is outside the content, which has ${size_bytes} bytes.`, {
    value,
    limit: size_bytes,
  })
}

const verify_every_ms = 600_000
const verify_bytes = 64 * 1024 * 1024

/** Finds damaged content that nobody reads. */
function verifyJob({ blobs }: ArtifactsOptions): Job {
  const run = async (): Promise<void> => void (await blobs.verifyNext({ bytes: verify_bytes }))
  return { name: 'artifacts.verify', every_ms: verify_every_ms, run }
}

/** Removes the content of uploads that broke off before their rows were committed. */
function sweepJob({ db, blobs }: ArtifactsOptions): Job {
  const hashesInUse = (organization_id: string, sha256s: readonly string[]) =>
    db.transact(
      { organization_id },
      async (tx) => new Set(await artifactsStore.sha256sInUse(tx, organization_id, sha256s)),
    )
  return {
    name: 'artifacts.sweep',
    every_ms: hour_ms,
    run: async () => void (await blobs.sweep({ older_than_ms: hour_ms, hashesInUse })),
  }
}

async function* singleChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
