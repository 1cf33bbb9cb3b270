import { limits } from '@muster/contract/limits'
import { useCallback, useEffect, useRef, useState } from 'react'
import { bytes, plural } from '../../../../ui/format.ts'
import type { GivenFile } from '../draft.ts'
import type { NamedFile } from './dropped-files.ts'
import { sendFile } from './send-file.ts'

export interface Upload {
  readonly id: number
  readonly name: string
  readonly size_bytes: number
  readonly status: 'waiting' | 'sending' | 'failed'
  readonly sent_bytes: number
  readonly problem?: string
  /** Whether trying again may help. */
  readonly final?: true
}

interface Held {
  readonly file: NamedFile
  cancel?: () => void
}

/** How many go at once; more would only share the same line. */
const at_once_max = 3

/** Uploads that are on their way or failed. One that arrived is told to `onArrived` and leaves the list. */
export function useUploads(options: {
  readonly project_id: string | undefined
  readonly given: readonly GivenFile[]
  readonly onArrived: (file: GivenFile) => void
}) {
  const { project_id, given } = options
  const [uploads, setUploads] = useState<readonly Upload[]>([])
  const filesById = useRef(new Map<number, Held>())
  const nextId = useRef(1)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })

  const change = useCallback((id: number, more: Partial<Upload>) => {
    setUploads((before) => before.map((upload) => (upload.id === id ? { ...upload, ...more } : upload)))
  }, [])
  const remove = useCallback((id: number) => {
    filesById.current.get(id)?.cancel?.()
    filesById.current.delete(id)
    setUploads((before) => before.filter((upload) => upload.id !== id))
  }, [])

  const add = (files: readonly NamedFile[]): void => {
    let count = given.length + uploads.length
    let total = [...given, ...uploads].reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    const newUploads = files.map((file): Upload => {
      const id = nextId.current++
      count += 1
      total += file.file.size
      const problem = problemOf(file, { count, total })
      if (problem === undefined) filesById.current.set(id, { file })
      const facts = { id, name: file.name, size_bytes: file.file.size, sent_bytes: 0 }
      return problem === undefined
        ? { ...facts, status: 'waiting' }
        : { ...facts, status: 'failed', problem, final: true }
    })
    setUploads((before) => [...before, ...newUploads])
  }

  useEffect(() => {
    if (project_id === undefined) return
    const free = at_once_max - uploads.filter(({ status }) => status === 'sending').length
    for (const { id, name, size_bytes } of uploads.filter(({ status }) => status === 'waiting').slice(0, free)) {
      const one = filesById.current.get(id)
      if (one === undefined) continue
      const onProgress = (sent_bytes: number): void => change(id, { sent_bytes })
      const sending = sendFile(one.file, { project_id, onProgress })
      one.cancel = sending.cancel
      change(id, { status: 'sending', sent_bytes: 0 })
      sending.done.then(
        (artifact) => {
          remove(id)
          latest.current.onArrived({ artifact_id: artifact.id, name, size_bytes })
        },
        (error: Error) => change(id, { status: 'failed', problem: error.message }),
      )
    }
  }, [uploads, project_id, change, remove])

  useEffect(() => {
    const all = filesById.current
    return () => {
      for (const { cancel } of all.values()) cancel?.()
    }
  }, [])

  return { uploads, add, remove, retry: (id: number) => change(id, { status: 'waiting', sent_bytes: 0 }) }
}

function problemOf(
  { file }: NamedFile,
  { count, total }: { readonly count: number; readonly total: number },
): string | undefined {
  if (file.size > limits.upload_file_bytes_max)
    return `The file is ${bytes(file.size)}. The limit is ${bytes(limits.upload_file_bytes_max)}.`
  if (count > limits.goal_input_files_max)
    return `A goal can have up to ${plural(limits.goal_input_files_max, 'file')}.`
  if (total > limits.goal_input_bytes_max)
    return `The files of a goal can have up to ${bytes(limits.goal_input_bytes_max)} in total.`
  return undefined
}
