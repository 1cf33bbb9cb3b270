/** Reads one streamed answer of a provider to its end and charges it. */
import type { JsonObject } from '@muster/contract/values'
import type { ProviderAnswer } from '../adapters/provider-http.ts'
import { sseEvents } from '../adapters/streams/sse.ts'
import { wholeAsStream, withoutUsage } from '../adapters/streams/whole-as-stream.ts'
import { type Delta, ProviderFailure, type StreamReader, type StreamStep, type Usage } from '../gateway.types.ts'
import { createOutputCounter } from '../rules/output.ts'
import { object } from '../rules/usage.ts'
import { type ProviderRequestContext, readJson, sendRequest, stopWithClient } from './ask-whole.ts'
import { brokenOff, unsentError } from './attempt.ts'

/** How long a server may take to close the stream, and to report usage, after the closing event. */
const afterword_ms = 1_000
/** What may come before the first content. */
const buffered_characters_max = 1_000_000

/** Where a stream goes, in the client's wire. */
export interface StreamSink {
  /** The first content is there; text follows. */
  begin(): Promise<void>
  push(text: string, deltas: readonly Delta[]): Promise<void>
}

/**
 * Returns the failure of a stream that did not come to its end. Everything is charged by then, and before the sink gets
 * the closing text. Throws mistakes of ours, such as a charge that could not be written.
 */
export async function readStream(
  requestContext: ProviderRequestContext,
  sink: StreamSink,
): Promise<ProviderFailure | undefined> {
  const { adapter, adapterCall, attempt, timeouts } = requestContext
  const reader = adapter.reader(adapterCall)
  const pump = createPump(requestContext, { sink, reader })
  using _client = stopWithClient(requestContext)
  try {
    await pump.read()
  } catch (error) {
    // After the closing event a break does no harm.
    if (pump.lastWord() === undefined) {
      const failure = brokenOff(error)
      const usage = failure.outcome === 'over_long' ? reader.usageSoFar() : (failure.usage ?? pump.usage())
      await attempt.fail(timeouts, failure, usage)
      if (unsentError(error)) throw error
      return failure
    }
  } finally {
    timeouts[Symbol.dispose]()
  }
  await attempt.succeed(timeouts, pump.usage())
  await pump.close()
  return undefined
}

interface PumpOptions {
  readonly sink: StreamSink
  readonly reader: StreamReader
}

function createPump(requestContext: ProviderRequestContext, { sink, reader }: PumpOptions) {
  const { timeouts } = requestContext
  const checkLength = createLengthCheck(requestContext, reader)
  let bufferedSteps: StreamStep[] = []
  let bufferedCharacters = 0
  let hasBegun = false
  let last_word: string | undefined
  let wholeUsage: Usage | undefined

  async function begin(): Promise<void> {
    if (hasBegun) return
    hasBegun = true
    timeouts.noteFirstContent()
    await sink.begin()
    for (const { out, deltas } of bufferedSteps) await sink.push(out, deltas)
    bufferedSteps = []
  }

  async function take(step: StreamStep): Promise<void> {
    checkLength(step.deltas)
    if (hasBegun) return sink.push(step.out, step.deltas)
    bufferedSteps.push(step)
    bufferedCharacters += step.out.length
    if (step.content) await begin()
    else if (bufferedCharacters > buffered_characters_max)
      throw new ProviderFailure('malformed', 'The provider sent too much data before the first content.')
  }

  return {
    lastWord: () => last_word,
    usage: () => wholeUsage ?? reader.usage(),
    async read(): Promise<void> {
      const answer = await sendRequest(requestContext)
      if (isWhole(answer)) {
        const { usage, text } = await readWhole(requestContext, answer)
        wholeUsage = usage
        last_word = text
        return
      }
      for await (const event of sseEvents(timeouts.withIdleTimeout(answer.body))) {
        const step = reader.read(event)
        if (last_word !== undefined) continue
        if (!step.done) {
          await take(step)
          continue
        }
        last_word = step.out
        if (reader.usage()) break
        timeouts.stopAfter(afterword_ms, 'broken')
      }
      last_word ??= reader.end()
      if (last_word === undefined)
        throw new ProviderFailure('broken', 'The provider’s stream ended before it was complete.')
    },
    async close(): Promise<void> {
      await begin()
      await sink.push(last_word ?? '', [])
    },
  }
}

/** Some servers answer whole although a stream was asked for; so do refusals that come with status 200. */
async function readWhole({ adapter, adapterCall, timeouts }: ProviderRequestContext, { body }: ProviderAnswer) {
  const { wire, body: request } = adapterCall
  const whole = adapter.answer(adapterCall, await readJson(timeouts.withIdleTimeout(body)))
  const text = wholeAsStream(wire, whole.body)
  return {
    usage: whole.usage,
    text: wire === 'messages' || wire === 'responses' || wantsUsage(request) ? text : withoutUsage(text),
  }
}

const isWhole = ({ headers }: ProviderAnswer): boolean =>
  String(headers['content-type'] ?? '')
    .toLowerCase()
    .startsWith('application/json')

const wantsUsage = ({ stream_options }: JsonObject): boolean => object(stream_options).include_usage === true

/** Cuts a stream that is longer than its hold. A complete stream's own usage is not tested here. */
function createLengthCheck(
  { attempt }: Pick<ProviderRequestContext, 'attempt'>,
  reader: StreamReader,
): (deltas: readonly Delta[]) => void {
  const { output_tokens_max } = attempt.adapterCall
  const counter = createOutputCounter()
  return (deltas) => {
    if (deltas.length === 0) return
    counter.add(deltas)
    const usageSoFar = reader.usageSoFar()
    const tokens = Math.max(counter.tokens(), usageSoFar ? usageSoFar.output + usageSoFar.reasoning : 0)
    if (tokens > output_tokens_max && reader.usage() === undefined)
      throw new ProviderFailure(
        'over_long',
        `The response is longer than the ${output_tokens_max} tokens that were reserved for it.`,
      )
  }
}
