/**
 * An answer that comes in pieces. It is read by a pump of its own, so that what it costs is counted to the end whoever reads
 * it, or nobody: the client takes from a bounded queue.
 */
import { limits } from '@muster/contract/limits'
import { failureEvent } from '../adapters/failure-event.ts'
import { sseEvents } from '../adapters/sse.ts'
import { ProviderFailure, type StreamReader } from '../gateway.types.ts'
import { type Asking, sendRequest } from './ask-whole.ts'
import { brokenOff } from './attempt.ts'
import { createTextQueue, type TextQueue } from './queue.ts'

/** How long a server that has said its last word may take to close, and to tell usage behind it. */
const afterword_ms = 1_000

/** A stream whose first content is there. */
export interface Begun {
  readonly text: AsyncIterable<string>
  /** Resolves when everything has been charged; never throws. */
  readonly ended: Promise<void>
}

/** Who is told of what happens behind the first content. */
export interface Told {
  onBroken(failure: ProviderFailure): void
  onMistake(error: unknown): void
}

/** Gives the stream at its first content. Throws `ProviderFailure` for what fails before; it is charged by then. */
export function askStream(asking: Asking, told: Told): Promise<Begun> {
  const queue = createTextQueue(limits.model_stream_buffer_events_max)
  const { context } = asking.leg
  const leave = (): void => {
    queue.discard()
    if (context.definition.on_client_gone === 'cancel') asking.clock.stop('client_gone', 'The client has gone.')
  }
  if (context.call.signal.aborted) leave()
  context.call.signal.addEventListener('abort', leave, { once: true })
  return new Promise((resolve, reject) => {
    const onBegun = (): void => resolve({ text: queue, ended })
    const pump = createPump(asking, { queue, onBegun, onBroken: told.onBroken })
    const ended = pump.run().then(
      (failure) => {
        context.call.signal.removeEventListener('abort', leave)
        if (failure) reject(failure)
      },
      async (error) => {
        told.onMistake(error)
        reject(error)
        // Whoever reads must not take this for the end.
        const failure = new ProviderFailure('broken', 'What it cost could not be written down.')
        await queue.push(failureEvent(context.call.wire, failure))
        queue.close()
      },
    )
  })
}

interface PumpOptions extends Pick<Told, 'onBroken'> {
  readonly queue: TextQueue
  readonly onBegun: () => void
}

function createPump(asking: Asking, { queue, onBegun, onBroken }: PumpOptions) {
  const { adapter, attempt, clock, leg } = asking
  let held_back = ''
  let begun = false
  let last_word: string | undefined

  async function begin(): Promise<void> {
    if (begun) return
    begun = true
    clock.begun()
    onBegun()
    await queue.push(held_back)
    held_back = ''
  }

  /** Reads to the end; gives what closes the stream for the client. */
  async function read(reader: StreamReader): Promise<string> {
    const { body } = await sendRequest(asking)
    for await (const event of sseEvents(clock.watched(body))) {
      const step = reader.read(event)
      if (last_word !== undefined) continue
      if (step.done) {
        last_word = step.out
        if (reader.usage()) break
        clock.stopAfter(afterword_ms, 'broken')
      } else if (begun) await queue.push(step.out)
      else {
        held_back += step.out
        if (step.content) await begin()
      }
    }
    last_word ??= reader.end()
    if (last_word === undefined)
      throw new ProviderFailure('broken', 'The provider’s stream ended before it was complete.')
    return last_word
  }

  async function succeed(reader: StreamReader, closing: string): Promise<undefined> {
    await attempt.succeed(clock, reader.usage())
    await begin()
    await queue.push(closing)
    queue.close()
  }

  return {
    /** Gives the failure where nothing has reached the client yet. */
    async run(): Promise<ProviderFailure | undefined> {
      const reader = adapter.reader(attempt.asked)
      let closing: string
      try {
        closing = await read(reader)
      } catch (error) {
        // Behind its last word nothing can break any more.
        if (last_word !== undefined) return succeed(reader, last_word)
        const failure = brokenOff(error)
        await attempt.fail(clock, failure, reader.usage())
        if (!begun) return failure
        onBroken(failure)
        await queue.push(failureEvent(leg.context.call.wire, failure))
        queue.close()
        return undefined
      } finally {
        clock[Symbol.dispose]()
      }
      return succeed(reader, closing)
    },
  }
}
