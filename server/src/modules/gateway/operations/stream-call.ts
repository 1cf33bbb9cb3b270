/**
 * Executes a streamed call. A pump of its own reads the provider's stream, so that the cost is counted to the end
 * although the client may have gone: the client takes from a bounded queue. A failure before the first content is
 * retried unseen; after it the alias's policy says whether another attempt takes over, and the client is told.
 */
import { limits } from '@muster/contract/limits'
import { MusterError } from '../../../platform/errors.ts'
import { endingEvent, failureEvent } from '../adapters/failure-event.ts'
import { createChatResume, type ResumableCall } from '../adapters/resume-chat-stream.ts'
import { createMessagesResume } from '../adapters/resume-messages-stream.ts'
import type { StreamResume } from '../adapters/stream-resume.ts'
import type { ModelAnswer } from '../gateway.port.ts'
import { type Delta, ProviderFailure } from '../gateway.types.ts'
import { createTranscript } from '../rules/transcript.ts'
import { readStream, type StreamSink } from './ask-stream.ts'
import { type AttemptTarget, beginAttempt, type CallContext } from './attempt.ts'
import { type CallDependencies, countFailure, factsOf, providerRequestContext } from './call-dependencies.ts'
import type { Failover } from './failover.ts'
import { computeOffline } from './offline-attempt.ts'
import { createTextQueue, type TextQueue } from './queue.ts'
import { failedCall, tooBusy } from './refusals.ts'

/** Returns the stream at its first content. Throws failures that no attempt could mend before that. */
export function streamCall(options: CallDependencies, context: CallContext, failover: Failover): Promise<ModelAnswer> {
  const queue = createTextQueue(limits.model_stream_buffer_events_max)
  const { signal } = context.call
  const { on_broken_stream } = context.definition
  if (signal.aborted) queue.discard()
  signal.addEventListener('abort', queue.discard, { once: true })
  return new Promise((resolve, reject) => {
    const onBegun = (attempt_target: AttemptTarget): void => {
      resolve({ ...factsOf(attempt_target), kind: 'stream', text: queue, on_broken_stream })
      options.follow(ended)
    }
    const session = createSession(options, context, { queue, onBegun })
    const ended = session
      .run(failover)
      .catch((error) => session.giveUp(error, reject))
      .finally(() => signal.removeEventListener('abort', queue.discard))
  })
}

interface SessionOptions {
  readonly queue: TextQueue
  readonly onBegun: (attempt_target: AttemptTarget) => void
}

function createSession(options: CallDependencies, context: CallContext, { queue, onBegun }: SessionOptions) {
  const { accounting, health, log } = options
  const { wire } = context.call
  const heard = createHeard(context, queue)
  const sinkFor = (attempt_target: AttemptTarget): StreamSink => ({
    async begin() {
      health.succeeded(attempt_target.provider.id)
      if (!heard.anything()) onBegun(attempt_target)
      await heard.begin()
    },
    push: heard.push,
  })

  async function readAttempt(attempt_target: AttemptTarget): Promise<ProviderFailure | undefined> {
    const { provider } = attempt_target
    health.called(provider.id)
    const attempt = await beginAttempt(accounting, attempt_target)
    const sink = sinkFor(attempt_target)
    if (provider.kind !== 'offline') {
      const failure = await readStream(providerRequestContext(options, attempt, attempt_target), sink)
      if (failure) countFailure(options, provider, failure)
      return failure
    }
    const { stream } = await computeOffline(options, attempt, attempt_target)
    await sink.begin()
    for (const { out, deltas } of stream) await sink.push(out, deltas)
    return undefined
  }

  return {
    async run(failover: Failover): Promise<void> {
      let failure: ProviderFailure | undefined
      for (
        let attempt_target = await failover.next();
        attempt_target;
        attempt_target = heard.mayGoOn() ? await failover.next(failure) : undefined
      ) {
        const next = heard.following(attempt_target)
        if (!next) break
        failure = await readAttempt(next)
        if (!failure) return queue.close()
      }
      if (!heard.anything()) throw failure ? failedCall(failure) : tooBusy()
      if (failure) await queue.push(failureEvent(wire, failure))
      queue.close()
    },

    /** The reader gets an error instead of a regular end. */
    async giveUp(error: unknown, reject: (error: unknown) => void): Promise<void> {
      if (!heard.anything()) return reject(error)
      const expected = error instanceof MusterError
      if (!expected) log.error({ err: error, call_id: context.call_id }, 'a stream could not be charged')
      const unwritten = new ProviderFailure('broken', 'The cost of the call could not be saved.')
      await queue.push(expected ? endingEvent(wire, error) : failureEvent(wire, unwritten))
      queue.close()
    },
  }
}

/** The part of the answer that the client has, and whether another attempt may follow it. */
function createHeard({ call, call_id, definition }: CallContext, queue: TextQueue) {
  const { wire, body, signal } = call
  const policy = definition.on_broken_stream
  const transcript = createTranscript(wire, body)
  const resume = policy === 'error' ? undefined : streamResumeFor({ call, call_id })
  let begun = false
  return {
    anything: () => begun,
    /** Each call after the first is an attempt that takes over. */
    async begin(): Promise<void> {
      if (begun && policy !== 'error') {
        await queue.push(resume?.takeOver(policy, { trims: transcript.endsInSpace() }) ?? '')
        if (policy === 'restart') transcript.clear()
      }
      begun = true
    },
    async push(text: string, deltas: readonly Delta[]): Promise<void> {
      if (resume) transcript.add(deltas)
      await queue.push(resume ? resume.pass(text) : text)
    },
    /** Whether another attempt may follow; tested before any wait for one. */
    mayGoOn(): boolean {
      if (!begun || signal.aborted) return !begun
      return policy === 'restart' || (policy === 'continue' && transcript.continued() !== undefined)
    },
    /** The attempt that continues the answer; undefined where that is not possible. */
    following(attempt_target: AttemptTarget): AttemptTarget | undefined {
      if (!begun || policy === 'restart') return attempt_target
      const continued = attempt_target.provider.kind === 'offline' ? undefined : transcript.continued()
      return (
        continued && { ...attempt_target, context: { ...attempt_target.context, call: { ...call, body: continued } } }
      )
    },
  }
}

const streamResumeFor = (of: ResumableCall): StreamResume =>
  of.call.wire === 'messages' ? createMessagesResume() : createChatResume(of)
