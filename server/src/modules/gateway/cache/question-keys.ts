/** The cache keys of requests; for large requests they are computed in a thread. */
import type { Json, JsonObject } from '@muster/contract/values'
import { canonical, sha256 } from '../../../platform/journal/seal.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import { boundedFunction } from '../../../platform/threads/bounded-function.ts'
import type { ModelCall } from '../gateway.port.ts'
import type { BodySize, ModelInForce } from '../gateway.types.ts'
import { sizeOf } from '../rules/estimate.ts'

interface QuestionInput {
  /** The part of the request that all texts share, or all of it. */
  readonly question: JsonObject
  /** Texts with a key each; undefined: the whole request has one key. */
  readonly texts: readonly Json[] | undefined
  readonly size: BodySize
}

const ms_per_character = 0.000_03
const ms_per_value = 0.003

export const questionDigests = boundedFunction({
  name: 'gateway.question-digests',
  subject: 'Comparing the call with earlier ones',
  remedy: 'Send a shorter conversation, or call with Cache-Control: no-cache.',
  time_ms: 10_000,
  estimateMs: ({ size }: QuestionInput) => size.characters * ms_per_character + size.values * ms_per_value,
  run({ question, texts }): readonly string[] {
    const digest = digestOf(question)
    return texts ? texts.map((text) => digestOf([digest, text])) : [digest]
  },
})

const digestOf = (value: unknown): string => sha256(canonical(value)).toString('base64url')

export interface Question {
  readonly call: ModelCall
  readonly model: ModelInForce
}

/**
 * A key begins with the organization, so that all its entries can be dropped. Fields that do not change the answer are
 * left out.
 */
export async function questionKeys(
  bounded: Pick<Bounded, 'run'>,
  { call, model }: Question,
  texts?: readonly Json[],
): Promise<readonly string[]> {
  const { stream: _stream, stream_options: _options, model: _model, ...given } = call.body
  const { input: _input, ...without_input } = given
  const { 'openai-beta': openai, 'anthropic-beta': anthropic, 'anthropic-version': version } = call.headers ?? {}
  const headers = Object.entries({ openai, anthropic, version }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const question = {
    model: `${model.name}@${model.version}`,
    wire: call.wire,
    headers: Object.fromEntries(headers),
    question: texts ? without_input : given,
  }
  const digests = await bounded.run(questionDigests, { question, texts, size: sizeOf(call.body) }, call.signal)
  return digests.map((digest) => `${call.organization_id} ${digest}`)
}
