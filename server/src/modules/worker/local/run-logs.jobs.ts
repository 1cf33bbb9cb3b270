import { limits } from '@muster/contract/limits'
import type { LogLine } from '@muster/contract/runtimes/logs'
import type { Engine } from '../../../platform/db/db.ts'
import { storable } from '../../../platform/text/storable.ts'
import type { RunContext } from '../../runtimes/runtimes.port.ts'
import type { ClaimedAssignment } from '../operations/claim.ts'
import { type LoggedLine, leaseStore } from '../store/lease.store.ts'

/** Long enough to batch the lines of many runs, short enough to be watched live. */
const flush_ms = 250
/** Lines that wait while the database is away; the oldest are dropped first. */
const waiting_max = 20_000

export interface RunLogs {
  of(assignment: ClaimedAssignment): RunContext['log']
  flush(): Promise<void>
}

/** The log lines of this process's runs, written together a few times a second while there are any. */
export function createRunLogs(engine: Engine, onError: (error: unknown) => void): RunLogs {
  let unwrittenLines: LoggedLine[] = []
  let timer: NodeJS.Timeout | undefined
  let lastWrite: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const lines = unwrittenLines
    unwrittenLines = []
    if (lines.length === 0) return
    try {
      await engine.transact((tx) => leaseStore.logAll(tx, lines))
    } catch (error) {
      onError(error)
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    lastWrite = lastWrite.then(write)
    return lastWrite
  }

  return {
    flush,
    of:
      ({ run: { organization_id, task_id, run_id } }) =>
      (level, text) => {
        unwrittenLines.push({ organization_id, task_id, run_id, ...lineOf(level, text) })
        if (unwrittenLines.length > waiting_max) unwrittenLines = unwrittenLines.slice(-waiting_max)
        timer ??= setTimeout(() => void flush(), flush_ms)
      },
  }
}

function lineOf(level: LogLine['level'], text: string): LogLine {
  return { at: new Date().toISOString(), level, text: cutText(storable(text), limits.log_text_bytes_max) }
}

/** Cuts a text to so many bytes of UTF-8. */
export function cutText(text: string, bytes_max: number): string {
  if (Buffer.byteLength(text) <= bytes_max) return text
  const head = Buffer.from(text).subarray(0, bytes_max - 3)
  return `${new TextDecoder('utf-8').decode(head, { stream: true })}…`
}
