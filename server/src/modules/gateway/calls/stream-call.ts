/**
 * Executes a streamed call. A pump of its own reads the provider's stream, so that the cost is counted to the end
 * although the client may have gone: the client takes from a bounded queue. A failure before the first content is
 * retried unseen; after it the alias's policy says whether another attempt takes over, and the client is told.
 */
import type { ModelDefinition } from '@muster/contract/gateway/models'
import { limits } from '@muster/contract/limits'
import { MusterError } from '../../../platform/errors.ts'
import { endingEvent, failureEvent } from '../adapters/streams/failure-event.ts'
import { createChatResume, type ResumableCall } from '../adapters/streams/resume-chat-stream.ts'
import { createMessagesResume } from '../adapters/streams/resume-messages-stream.ts'
import type { StreamResume } from '../adapters/streams/stream-resume.ts'
import type { ModelAnswer } from '../gateway.port.ts'
import { type Delta, ProviderFailure } from '../gateway.types.ts'
import { createTranscript } from '../rules/transcript.ts'
import { readStream, type StreamSink } from './ask-stream.ts'
import { type AttemptTarget, beginAttempt, type CallContext } from './attempt.ts'
import { type CallDependencies, countFailure, factsOf, providerRequestContext } from './call-dependencies.ts'
import type { Failover } from './failover.ts'
import { computeOffline } from './offline-attempt.ts'
import { failedCall, tooBusy } from './refusals.ts'
import { createTextQueue, type TextQueue } from './text-queue.ts'

/** Returns the stream at its first content. Throws failures that no attempt could mend before that. */
export function streamCall(options: CallDependencies, context: CallContext, failover: Failover): Promise<ModelAnswer> {
  const queue = createTextQueue(limits.model_stream_buffer_events_max)
  const { signal } = context.call
  const on_broken_stream = brokenStreamPolicy(context)
  if (signal.aborted) queue.discard()
  signal.addEventListener('abort', queue.discard, { once: true })
  return new Promise((resolve, reject) => {
    const onBegun = (attemptTarget: AttemptTarget): void => {
      resolve({ ...factsOf(attemptTarget), kind: 'stream', text: queue, on_broken_stream })
      options.follow(streamEnd)
    }
    const session = createSession(options, context, { queue, onBegun })
    const streamEnd = session
      .run(failover)
      .catch((error) => session.giveUp(error, reject))
      .finally(() => signal.removeEventListener('abort', queue.discard))
  })
}

interface SessionOptions {
  readonly queue: TextQueue
  readonly onBegun: (attemptTarget: AttemptTarget) => void
}

function createSession(options: CallDependencies, context: CallContext, { queue, onBegun }: SessionOptions) {
  const { accounting, health, log } = options
  const { wire } = context.call
  const clientStream = createClientStream(context, queue)
  const sinkFor = (attemptTarget: AttemptTarget): StreamSink => ({
    async begin() {
      health.recordSuccess(attemptTarget.provider.id)
      if (!clientStream.anything()) onBegun(attemptTarget)
      await clientStream.begin()
    },
    push: clientStream.push,
  })

  async function readAttempt(attemptTarget: AttemptTarget): Promise<ProviderFailure | undefined> {
    const { provider } = attemptTarget
    health.recordCall(provider.id)
    const attempt = await beginAttempt(accounting, attemptTarget)
    const sink = sinkFor(attemptTarget)
    if (provider.kind !== 'offline') {
      const failure = await readStream(providerRequestContext(options, attempt, attemptTarget), sink)
      if (failure) countFailure(options, provider, failure)
      return failure
    }
    const { stream } = await computeOffline(options, attempt, attemptTarget)
    await sink.begin()
    for (const { out, deltas } of stream) await sink.push(out, deltas)
    return undefined
  }

  return {
    async run(failover: Failover): Promise<void> {
      let failure: ProviderFailure | undefined
      for (
        let attemptTarget = await failover.next();
        attemptTarget;
        attemptTarget = clientStream.mayGoOn() ? await failover.next(failure) : undefined
      ) {
        const next = clientStream.nextTarget(attemptTarget)
        if (!next) break
        failure = await readAttempt(next)
        if (!failure) return queue.close()
      }
      if (!clientStream.anything()) throw failure ? failedCall(failure) : tooBusy()
      if (failure) await queue.push(failureEvent(wire, failure))
      queue.close()
    },

    /** The reader gets an error instead of a regular end. */
    async giveUp(error: unknown, reject: (error: unknown) => void): Promise<void> {
      if (!clientStream.anything()) return reject(error)
      const isExpected = error instanceof MusterError
      if (!isExpected) log.error({ err: error, call_id: context.call_id }, 'a stream could not be charged')
      const chargeFailure = new ProviderFailure('broken', 'The cost of the call could not be saved.')
      await queue.push(isExpected ? endingEvent(wire, error) : failureEvent(wire, chargeFailure))
      queue.close()
    },
  }
}

/** The part of the answer that the client has, and whether another attempt may follow it. */
function createClientStream(context: CallContext, queue: TextQueue) {
  const { call, call_id } = context
  const { wire, body, signal } = call
  const policy = brokenStreamPolicy(context)
  const transcript = createTranscript(wire, body)
  const resume = policy === 'error' ? undefined : streamResumeFor({ call, call_id })
  let hasBegun = false
  return {
    anything: () => hasBegun,
    /** Each call after the first is an attempt that takes over. */
    async begin(): Promise<void> {
      if (hasBegun && policy !== 'error') {
        await queue.push(resume?.takeOver(policy, { trims: transcript.endsInSpace() }) ?? '')
        if (policy === 'restart') transcript.clear()
      }
      hasBegun = true
    },
    async push(text: string, deltas: readonly Delta[]): Promise<void> {
      if (resume) transcript.add(deltas)
      await queue.push(resume ? resume.pass(text) : text)
    },
    /** Whether another attempt may follow; tested before any wait for one. */
    mayGoOn(): boolean {
      if (!hasBegun || signal.aborted) return !hasBegun
      return policy === 'restart' || (policy === 'continue' && transcript.continuedBody() !== undefined)
    },
    /** The attempt that continues the answer; undefined where that is not possible. */
    nextTarget(attemptTarget: AttemptTarget): AttemptTarget | undefined {
      if (!hasBegun || policy === 'restart') return attemptTarget
      const continuedBody = attemptTarget.provider.kind === 'offline' ? undefined : transcript.continuedBody()
      return (
        continuedBody && {
          ...attemptTarget,
          context: { ...attemptTarget.context, call: { ...call, body: continuedBody } },
        }
      )
    },
  }
}

/** Streams of chats and messages alone can tell their clients that another attempt took over. */
function brokenStreamPolicy({ call, definition }: CallContext): ModelDefinition['on_broken_stream'] {
  return call.wire === 'chat' || call.wire === 'messages' ? definition.on_broken_stream : 'error'
}

const streamResumeFor = (of: ResumableCall): StreamResume =>
  of.call.wire === 'messages' ? createMessagesResume() : createChatResume(of)
