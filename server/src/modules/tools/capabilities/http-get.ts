import { createHash } from 'node:crypto'
import { cutText } from '@muster/contract/texts/graphemes'
import { z } from 'zod'
import { parseInput, throwIfAborted } from '../pure-capability.ts'
import { decodeText } from '../text/decode.ts'
import { type Capability, CapabilityError } from '../tools.port.ts'
import { noteField, output_bytes_max } from './inputs.ts'

const input = z.strictObject({
  url: z.string().min(1).max(2048),
  bytes_max: z
    .int()
    .min(1)
    .max(output_bytes_max)
    .default(64 * 1024),
  timeout_ms: z.int().min(1).max(60_000).default(15_000),
})

/** Fetches a page of the public internet as text; private addresses are refused. */
export const httpGet: Capability = {
  name: 'http_get',
  summary: 'Fetches a public http or https address as text; private addresses are not allowed.',
  deterministic: false,
  cpu: false,
  input,
  run: async (rawInput, { fetch, signal }) => {
    const request = parseInput(input, rawInput)
    throwIfAborted(signal)
    if (!fetch) throw new CapabilityError('forbidden', 'outgoing requests are disabled on this server')
    const { url, status, media_type, charset, bytes, truncated } = await fetch({ ...request, signal })
    if (status >= 500) throw new CapabilityError('unavailable', `${url} returned status ${status}`, true)
    if (!/^(?:text\/|application\/(?:json|xml|[a-z.+-]+\+(?:json|xml))|$)/.test(media_type))
      throw new CapabilityError('media_type', `${url} is ${media_type}, not text`)
    const markup = /html|xml/.test(media_type)
    const decoded = decodeText(bytes, { name: url, charset, markup, cut: truncated })
    const whole = decoded.text
    const text = fittingText(whole)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const isCut = truncated || text.length < whole.length
    return {
      output: { url, status, media_type, bytes: bytes.length, sha256, truncated: isCut, ...noteField(decoded), text },
    }
  },
}

/** Cuts a text so that it fits an output as JSON, in which some characters take six bytes. */
function fittingText(text: string): string {
  let prefix = text
  while (Buffer.byteLength(JSON.stringify(prefix)) > output_bytes_max)
    prefix = cutText(prefix, Math.floor(prefix.length * 0.8))
  return prefix
}
