import type { TaskLogLine } from '@muster/contract/runtimes/logs'
import { streamTaskLog } from '@muster/contract/worker/operations'
import { MusterError } from '@muster/sdk/errors'
import { useEffect, useState } from 'react'
import { client } from '../../api/client.ts'

/** More lines than anybody reads; the oldest go first, so a long log cannot fill the memory. */
const lines_max = 3_000
const pause_ms = 120

export interface FollowedLog {
  readonly lines: readonly TaskLogLine[]
  readonly cut: boolean
  readonly status: 'open' | 'lost' | 'ended'
  readonly error: MusterError | null
}

const nothing: FollowedLog = { lines: [], cut: false, status: 'open', error: null }

/** Follows the log of a task across lost connections, from its first line to its last. */
export function useTaskLog(task_id: string): FollowedLog {
  const [log, setLog] = useState<FollowedLog>(nothing)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let bufferedLines: TaskLogLine[] = []
    const flush = (): void => {
      if (bufferedLines.length === 0) return
      const newLines = bufferedLines
      bufferedLines = []
      setLog((before) => {
        const lines = [...before.lines, ...newLines]
        return {
          ...before,
          status: 'open',
          lines: lines.slice(-lines_max),
          cut: before.cut || lines.length > lines_max,
        }
      })
    }
    const timer = setInterval(flush, pause_ms)
    const onReconnect = (): void => setLog((before) => ({ ...before, status: 'lost' }))
    const follow = async (): Promise<void> => {
      for await (const line of client.stream(streamTaskLog, { params: { task_id }, query: {}, signal, onReconnect })) {
        bufferedLines.push(line)
      }
      flush()
      setLog((before) => ({ ...before, status: 'ended' }))
    }
    setLog(nothing)
    follow().catch((error: unknown) => {
      if (signal.aborted) return
      const musterError = error instanceof MusterError ? error : new MusterError('protocol', String(error))
      setLog((before) => ({ ...before, error: musterError }))
    })
    return () => {
      clearInterval(timer)
      controller.abort()
    }
  }, [task_id])
  return log
}
