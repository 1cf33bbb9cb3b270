import { resolve } from 'node:path'
import type { Client } from '@muster/sdk/client'
import { MusterError } from '@muster/sdk/errors'
import { say } from '../context.ts'
import { usage } from '../failures.ts'
import type { Io } from '../io.ts'
import { oneLine } from '../terminal-text.ts'
import { mediaTypeOf, readWalked, walkDirectory } from './walk.ts'

export interface Upload {
  readonly io: Io
  readonly client: Client
  readonly project_id: string
  readonly folder: string | undefined
}

/** Uploads what is in a folder, links left out; null where no folder was named. Gives the artifacts' ids. */
export async function uploadFolder({ io, client, project_id, folder }: Upload): Promise<readonly string[] | null> {
  if (folder === undefined) return null
  const { files, skipped } = await walkDirectory(resolve(io.cwd, folder))
  for (const { name, reason } of skipped) say(io, `skipped ${oneLine(name)}: ${reason}`)
  if (files.length === 0) throw usage(`no files in ${folder}`)
  const ids: string[] = []
  for (const file of files) {
    const content = new Blob([await readWalked(file)], { type: mediaTypeOf(file.name) })
    const fields = { project_id, name: file.name, type: 'user_input' }
    const [artifact] = await client
      .upload(fields, [{ name: file.name, content }], { signal: io.signal })
      .catch((error: unknown) => {
        if (!isRefusedName(error)) throw error
        say(io, `skipped ${oneLine(file.name)}: ${error.message}`)
        return []
      })
    if (artifact !== undefined) ids.push(artifact.id)
  }
  if (ids.length === 0) throw usage(`no file in ${folder} has a name that can be stored`)
  say(io, `uploaded ${ids.length} ${ids.length === 1 ? 'file' : 'files'}`)
  return ids
}

/** A name that cannot be stored: the other files are still wanted. */
function isRefusedName(error: unknown): error is MusterError {
  return error instanceof MusterError && error.code === 'invalid' && error.detail.field === 'name'
}
