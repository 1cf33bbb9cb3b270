/** Reads the question of a request to the offline model, and the texts that its answer is taken from. */
import { cutText } from '@muster/contract/texts/graphemes'
import type { JsonObject } from '@muster/contract/values'
import { MusterError } from '../../../../platform/errors.ts'
import type { Bounded } from '../../../../platform/threads/bounded.ts'
import { boundedFunction } from '../../../../platform/threads/bounded-function.ts'
import { type AdapterCall, ProviderFailure } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { writeChatRequest } from '../../wires/chat/write-request.ts'
import { clientWires } from '../../wires/client-wires.ts'
import type { OfflineSource } from './offline-text.ts'

/** Of all that was sent; what is older is left out. */
const sources_characters_max = 500_000

const ms_per_character = 0.000_2
const ms_per_value = 0.001

/** What a reply needs of a request, which itself may be far larger. */
export interface OfflineQuestion {
  readonly wire: keyof typeof clientWires
  readonly model: string
  readonly question: string
  readonly sources: readonly OfflineSource[]
  readonly input_tokens: number
  readonly has_usage: boolean
}

/** @throws MusterError `invalid` for what the model cannot read, `too_costly` and `unavailable` */
export async function questionOf(adapterCall: AdapterCall, bounded: Pick<Bounded, 'run'>): Promise<OfflineQuestion> {
  const { wire } = adapterCall
  if (wire !== 'responses' && wire !== 'completions') return questionIn(adapterCall)
  const output = await bounded.run(offlineQuestion, { wire, adapterCall })
  if ('question' in output) return output.question
  throw new MusterError('invalid', output.refused)
}

type TranslatedWire = 'responses' | 'completions'

interface QuestionInput {
  readonly wire: TranslatedWire
  readonly adapterCall: AdapterCall
}

type QuestionOutput = { readonly question: OfflineQuestion } | { readonly refused: string }

/** Of the wires that are translated to a chat first, for which the whole request is read. */
export const offlineQuestion = boundedFunction({
  name: 'gateway.offline-question',
  subject: 'Reading the request for the offline model',
  remedy: 'Send a shorter conversation, or use another model.',
  time_ms: 10_000,
  estimateMs: ({ adapterCall: { size } }: QuestionInput) =>
    size.characters * ms_per_character + size.values * ms_per_value,
  run({ wire, adapterCall }): QuestionOutput {
    try {
      return { question: questionIn({ ...adapterCall, body: asMessages(wire, adapterCall) }) }
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error
      return { refused: error.message }
    }
  },
})

/** Items and prompts as the messages of a chat. @throws ProviderFailure for what the model cannot read */
function asMessages(wire: TranslatedWire, { body, model }: AdapterCall): JsonObject {
  const options = { model, stream: false, max_field: 'max_tokens', asks_usage: false } as const
  const { messages = [] } = writeChatRequest(clientWires[wire].readRequest(body), options)
  return { ...body, messages }
}

function questionIn({ wire, body, model }: AdapterCall): OfflineQuestion {
  const messages = list(body.messages).map((one) => object(one))
  // Anthropic's wire has the system's words beside the messages.
  const all = body.system === undefined ? messages : [{ content: body.system }, ...messages]
  const question = lastQuestion(body) ?? ''
  return {
    wire: wire === 'embeddings' ? 'chat' : wire,
    model,
    question,
    sources: sourcesOf(all, question),
    input_tokens: all.reduce((sum, message) => sum + tokensOfMessage(message), 0),
    has_usage: object(body.stream_options).include_usage === true,
  }
}

/** The last message of the user. The other messages are the sources of the answer. */
function lastQuestion(body: JsonObject): string | undefined {
  const users = list(body.messages)
    .map(object)
    .filter(({ role }) => role === 'user')
  const last = users.at(-1)
  return last && textOf(last, sources_characters_max)
}

/** Every message but the question; where there is no other text, what the question itself brought along. */
function sourcesOf(messages: readonly JsonObject[], question: string): readonly OfflineSource[] {
  let charactersLeft = sources_characters_max
  const sources: OfflineSource[] = []
  for (let at = messages.length - 1; at >= 0 && charactersLeft > 0; at--) {
    const text = textOf(messages[at] ?? {}, charactersLeft)
    charactersLeft -= text.length
    if (text.trim() !== '') sources.unshift({ name: `message ${at + 1}`, text })
  }
  const others = sources.filter(({ text }) => text !== question)
  return others.length > 0 ? others : sources
}

/** The words of a message, as far as they are looked at: its text, or the text of its parts. */
function textOf(message: JsonObject, characters_max: number): string {
  const texts: string[] = []
  let characters = 0
  for (const text of textsIn(message)) {
    if (characters > characters_max) break
    texts.push(cutText(text, characters_max))
    characters += text.length + 1
  }
  return cutText(texts.join('\n'), characters_max)
}

function textsIn({ content }: JsonObject): readonly string[] {
  if (typeof content === 'string') return [content]
  return list(content).flatMap((part) => {
    const { text } = object(part)
    return typeof text === 'string' ? [text] : []
  })
}

function tokensOfMessage(message: JsonObject): number {
  const texts = textsIn(message)
  return tokensOfBytes(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 1, texts.length > 0 ? -1 : 0))
}

export const tokensOfBytes = (bytes: number): number => Math.ceil(bytes / 4)
