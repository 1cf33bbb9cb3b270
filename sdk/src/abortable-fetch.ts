/**
 * `fetch` and its body under a signal that is obeyed whenever it aborts: the link that `fetch` itself makes to its signal
 * can be lost to a garbage collection (Node 20, undici), and the request would then go on for ever.
 */
import { linkSignals } from '@muster/contract/platform/linked-signal'

/** Rejects with the signal's reason as soon as it aborts; an answer that comes later is thrown away. */
export async function fetchUnder(
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  signal.throwIfAborted()
  const sending = send(signal)
  let reject: (reason: unknown) => void = () => {}
  const aborted = new Promise<never>((_resolve, rejectAborted) => {
    reject = rejectAborted
  })
  const onAbort = (): void => {
    reject(signal.reason)
    void sending.then((response) => response.body?.cancel()).catch(() => {})
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([sending, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The pieces of a body; ends by throwing the signal's reason when it aborts. */
export async function* readBody(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) return
      yield value
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
    cancel()
  }
}

/** The whole body as text. */
export async function readText({ body }: Response, signal: AbortSignal | undefined): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of readBody(body, signal)) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}

/** The body as a stream that fails with the signal's reason when it aborts. */
export function bodyUnder(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const linked = linkSignals(signal)
  const pieces = readBody(body, linked.signal)
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (!done) return controller.enqueue(value)
      linked.unlink()
      controller.close()
    },
    cancel(reason) {
      linked.abort(reason)
      linked.unlink()
    },
  })
}
