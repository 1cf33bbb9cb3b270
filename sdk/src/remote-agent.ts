import { limits } from '@muster/contract/limits'
import type { LogLine } from '@muster/contract/runtimes/logs'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Json } from '@muster/contract/values'
import type { Brief } from '@muster/contract/worker/briefs'
import type { ClaimedRun } from '@muster/contract/worker/claims'
import type { HeartbeatOutcome } from '@muster/contract/worker/heartbeats'
import { claimRuns, completeRun, failRun, releaseRun } from '@muster/contract/worker/operations'
import type { Usage } from '@muster/contract/worker/runs'
import type { Client } from './client.ts'
import { backoff, delay } from './delay.ts'
import { isTransient, MusterError } from './errors.ts'
import { createHeartbeats, type Heartbeats, type HeldRun } from './heartbeats.ts'

/** What a handler gets besides its brief. */
export interface RunContext {
  /** Aborts when the run is over from outside: cancelled, stopped, its lease lost, or this agent shutting down. */
  readonly signal: AbortSignal
  readonly client: Client
  readonly run: ClaimedRun
  /** Adds a line to the task’s log; it travels with the next heartbeat. */
  log(level: LogLine['level'], text: string): void
  /** Says how far it is, from 0 to 1. */
  progress(share: number): void
}

/** The outcome of a run. A run without an output is no success. */
export interface HandlerResult {
  readonly output: Json
  readonly artifacts?: readonly { readonly artifact_id: string; readonly role: string }[]
  readonly confidence?: number
  readonly usage?: Usage
}

/** Does the work of one run and gives its result; what it throws fails the run. */
export type Handler = (brief: Brief, context: RunContext) => Promise<HandlerResult>

/** Thrown by a handler that knows whether another try may help. Any other error counts as retryable. */
export class HandlerError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, { retryable }: { retryable: boolean }) {
    super(message)
    this.name = 'HandlerError'
    this.code = code
    this.retryable = retryable
  }
}

/** What an agent did, for its own log. */
export type AgentNotice =
  | { readonly kind: 'claimed' | 'completed' | 'released'; readonly run_id: string }
  | { readonly kind: 'failed'; readonly run_id: string; readonly message: string }
  | { readonly kind: 'dropped'; readonly run_id: string; readonly outcome: Exclude<HeartbeatOutcome, 'ok'> }
  | { readonly kind: 'trouble'; readonly message: string }

/** How a remote agent works. */
export interface RemoteAgentOptions {
  readonly client: Client
  /** The id or the name of the agent that the client’s key belongs to. */
  readonly agent_id: string
  /** One handler for each capability. */
  readonly handlers: Readonly<Record<string, Handler>>
  /** Absent: those that have a handler. */
  readonly capabilities?: readonly string[]
  /** Runs at the same time. Default 1. */
  readonly concurrency?: number
  /** Ends the agent: it claims nothing more and gives back what it holds. */
  readonly signal: AbortSignal
  /** How long handlers may go on after the signal before their runs are given back. Default 0. */
  readonly drain_ms?: number
  readonly onNotice?: (notice: AgentNotice) => void
  readonly heartbeat_ms?: number
  readonly backoff_ms?: number
  /** How long one claim waits on the server. Default 30 s. */
  readonly wait_ms?: number
}

/**
 * Claims and does tasks until the signal aborts. Trouble that may pass (no server, 500, 503, an emergency stop) is waited
 * out; what cannot (a wrong key, an unknown agent) is thrown, after every lease was given back.
 */
export async function runAgent(options: RemoteAgentOptions): Promise<void> {
  await using heartbeats = createHeartbeats({
    client: options.client,
    interval_ms: options.heartbeat_ms ?? limits.heartbeat_ms,
    onTrouble: (error) => trouble(options, error),
  })
  const live = new Set<Promise<void>>()
  try {
    for (let failures = 0; !options.signal.aborted; ) {
      const free = (options.concurrency ?? 1) - live.size
      if (free <= 0) {
        await Promise.race([...live, aborted(options.signal)])
        continue
      }
      const claimed = await claim(options, free, failures)
      failures = claimed === null ? failures + 1 : 0
      for (const run of claimed ?? []) {
        const work = perform(options, run, heartbeats).finally(() => live.delete(work))
        live.add(work)
      }
    }
  } finally {
    if (live.size > 0 && options.signal.aborted) await Promise.race([Promise.all(live), delay(options.drain_ms ?? 0)])
    for (const held of heartbeats.held()) held.end('shutdown')
    await Promise.all(live)
  }
}

/** Claims up to so many runs; null where that failed in a way that may pass. */
async function claim(
  options: RemoteAgentOptions,
  free: number,
  failures: number,
): Promise<readonly ClaimedRun[] | null> {
  const { client, agent_id, signal } = options
  const body = {
    agent_id,
    capabilities: options.capabilities ?? Object.keys(options.handlers),
    max: Math.min(free, limits.claim_max),
    wait_ms: options.wait_ms ?? limits.long_poll_ms_max,
  }
  try {
    return (await client.call(claimRuns, { body, signal })).runs
  } catch (error) {
    if (signal.aborted) return []
    if (!isTransient(error) && !(error instanceof MusterError && error.code === 'stopped')) throw error
    trouble(options, error)
    await delay(waitAfter(options, failures, error), signal)
    return null
  }
}

/** Does one run to its end. Never rejects: a failure is reported to the server or, if that fails, to the log. */
async function perform(options: RemoteAgentOptions, run: ClaimedRun, heartbeats: Heartbeats): Promise<void> {
  options.onNotice?.({ kind: 'claimed', run_id: run.run_id })
  const held = heartbeats.hold(run)
  try {
    const outcome = await Promise.race([handle(options, run, held), ended(held.signal)])
    await report(options, { run, held, outcome })
  } finally {
    heartbeats.drop(run.run_id)
  }
}

async function handle(options: RemoteAgentOptions, run: ClaimedRun, held: HeldRun): Promise<Outcome> {
  const handler = options.handlers[run.brief.capability]
  if (handler === undefined) return failure('no_handler', `no handler for ${run.brief.capability}`, false)
  try {
    const { log, progress, signal } = held
    const result = await handler(run.brief, { client: options.client, run, log, progress, signal })
    if (result?.output === undefined) return failure('no_output', 'the handler ended without an output', false)
    return { kind: 'result', result }
  } catch (error) {
    if (error instanceof HandlerError) return failure(error.code, error.message, error.retryable)
    return failure('handler_failed', messageOf(error), true)
  }
}

interface Performed {
  readonly run: ClaimedRun
  readonly held: HeldRun
  /** Null where the run was over before its handler was. */
  readonly outcome: Outcome | null
}

async function report(options: RemoteAgentOptions, { run, held, outcome }: Performed): Promise<void> {
  const { client, onNotice } = options
  const { run_id, token } = run
  const over = held.ended()
  if (over !== null && over !== 'shutdown') return onNotice?.({ kind: 'dropped', run_id, outcome: over })
  if (over === 'shutdown' || outcome === null) {
    const body = { run_id, token, reason: 'shutdown' }
    if (await tell(options, held, () => client.call(releaseRun, { body }))) onNotice?.({ kind: 'released', run_id })
  } else if (outcome.kind === 'result') {
    const body = { run_id, token, ...outcome.result }
    if (await tell(options, held, () => client.call(completeRun, { body }))) onNotice?.({ kind: 'completed', run_id })
  } else {
    const { error, retryable } = outcome
    const body = { run_id, token, error, retryable }
    const isTold = await tell(options, held, () => client.call(failRun, { body }))
    if (isTold) onNotice?.({ kind: 'failed', run_id, message: error.message })
  }
}

/** Sends a report until it is taken, refused, or the lease is over; all three kinds are harmless to repeat. */
async function tell(options: RemoteAgentOptions, held: HeldRun, send: () => Promise<unknown>): Promise<boolean> {
  for (let attempts = 0; ; attempts++) {
    try {
      await send()
      return true
    } catch (error) {
      trouble(options, error)
      if (!isTransient(error) || held.isOver()) return false
      await delay(waitAfter(options, attempts, error))
    }
  }
}

function trouble({ onNotice }: RemoteAgentOptions, error: unknown): void {
  onNotice?.({ kind: 'trouble', message: messageOf(error) })
}

function waitAfter({ backoff_ms }: RemoteAgentOptions, attempts: number, error: unknown): number {
  const asked_ms = error instanceof MusterError ? error.detail.retry_after_ms : undefined
  return backoff({ attempts, first_ms: backoff_ms ?? 250, most_ms: limits.heartbeat_ms, asked_ms })
}

type Outcome =
  | { readonly kind: 'result'; readonly result: HandlerResult }
  | { readonly kind: 'error'; readonly error: { code: string; message: string }; readonly retryable: boolean }

const failure = (code: string, message: string, retryable: boolean): Outcome => ({
  kind: 'error',
  error: { code, message: cutText(message, 2_000) },
  retryable,
})

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const ended = (signal: AbortSignal): Promise<null> => aborted(signal).then(() => null)
