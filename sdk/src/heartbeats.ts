import { limits } from '@muster/contract/limits'
import type { LogLine } from '@muster/contract/runtimes/logs'
import type { ClaimedRun } from '@muster/contract/worker/claims'
import type { HeartbeatOutcome } from '@muster/contract/worker/heartbeats'
import { heartbeat } from '@muster/contract/worker/operations'
import type { Client } from './client.ts'
import { MusterError } from './errors.ts'

/** Why the work on a run has to end. */
export type RunEnd = Exclude<HeartbeatOutcome, 'ok'> | 'shutdown'

/** A run that this process holds the lease of. */
export interface HeldRun {
  readonly signal: AbortSignal
  /** Why it is over from outside, or null. */
  ended(): RunEnd | null
  end(reason: RunEnd): void
  /** Whether its lease has run out by our own clock, counted from the last heartbeat that was answered. */
  isOver(): boolean
  log(level: LogLine['level'], text: string): void
  progress(share: number): void
}

/** Renews the leases of the runs that it watches. Disposing stops it. */
export interface Heartbeats extends AsyncDisposable {
  hold(run: ClaimedRun): HeldRun
  drop(run_id: string): void
  held(): readonly HeldRun[]
}

/** How leases are renewed. */
export interface HeartbeatOptions {
  readonly client: Client
  readonly interval_ms: number
  readonly onTrouble: (error: unknown) => void
}

/** One heartbeat for all runs of a process; those that the answer calls over are ended. Without runs nothing is sent. */
export function createHeartbeats({ client, interval_ms, onTrouble }: HeartbeatOptions): Heartbeats {
  const runs = new Map<string, Entry>()
  const closing = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let beating: Promise<void> = Promise.resolve()

  function schedule(): void {
    if (timer !== undefined || closing.signal.aborted || runs.size === 0) return
    timer = setTimeout(() => {
      beating = beat().finally(() => {
        timer = undefined
        schedule()
      })
    }, interval_ms)
  }

  async function beat(): Promise<void> {
    const entries = [...runs.values()]
    for (let at = 0; at < entries.length; at += limits.heartbeat_runs_max) {
      await send(entries.slice(at, at + limits.heartbeat_runs_max))
    }
  }

  async function send(entries: readonly Entry[]): Promise<void> {
    const body = { runs: entries.map(reportOf) }
    try {
      const answer = await client.call(heartbeat, {
        body,
        signal: closing.signal,
        timeout_ms: Math.max(interval_ms, 5_000),
      })
      const now = performance.now()
      for (const { run_id, outcome } of answer.runs) {
        const entry = runs.get(run_id)
        if (outcome !== 'ok') entry?.end(outcome)
        else if (entry !== undefined) entry.renewed_at = now
      }
    } catch (error) {
      if (closing.signal.aborted) return
      for (const [index, entry] of entries.entries()) entry.lines.unshift(...(body.runs[index]?.log ?? []))
      if (error instanceof MusterError && error.code === 'stopped') for (const entry of entries) entry.end('stopped')
      onTrouble(error)
    }
  }

  return {
    hold(run) {
      const entry = createEntry(run)
      runs.set(run.run_id, entry)
      schedule()
      return entry
    },
    drop: (run_id) => void runs.delete(run_id),
    held: () => [...runs.values()],
    async [Symbol.asyncDispose]() {
      closing.abort()
      clearTimeout(timer)
      await beating
    },
  }
}

interface Entry extends HeldRun {
  readonly run: ClaimedRun
  readonly lines: LogLine[]
  renewed_at: number
  share: number | null
}

function createEntry(run: ClaimedRun): Entry {
  const controller = new AbortController()
  let end_reason: RunEnd | null = null
  const entry: Entry = {
    run,
    lines: [],
    renewed_at: performance.now(),
    share: null,
    signal: controller.signal,
    ended: () => end_reason,
    end(reason) {
      end_reason ??= reason
      controller.abort(new Error(`the run is over: ${end_reason}`))
    },
    isOver: () => performance.now() - entry.renewed_at > limits.lease_ms,
    log(level, text) {
      // What cannot be sent for long is dropped from its beginning, so a talkative run cannot fill the memory.
      if (entry.lines.length >= 5 * limits.log_lines_max) entry.lines.shift()
      entry.lines.push({ at: new Date().toISOString(), level, text: clean(text) })
    },
    progress(share) {
      entry.share = Math.min(1, Math.max(0, share))
    },
  }
  return entry
}

function reportOf(entry: Entry) {
  const log = entry.lines.splice(0, limits.log_lines_max)
  return {
    run_id: entry.run.run_id,
    token: entry.run.token,
    ...(entry.share === null ? {} : { progress: entry.share }),
    ...(log.length === 0 ? {} : { log }),
  }
}

/** Within the limit even where every character takes three bytes, and without what the server would refuse. */
function clean(text: string): string {
  return text.slice(0, Math.floor(limits.log_text_bytes_max / 3)).replace(/[\0\p{Surrogate}]/gu, '\ufffd')
}
