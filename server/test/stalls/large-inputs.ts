/** Bodies at their limits, in the shapes that cost the most. */
import { limits } from '@muster/contract/limits'
import { post, put, type StallInput } from './requests.ts'

export interface LargePlace {
  readonly project_id: string
  /** Aliases of models that a provider over HTTP answers; of one the answers are kept. */
  readonly models: { readonly openai: string; readonly anthropic: string; readonly cached: string }
}

/** What stands around the largest value of a body. */
const frame_bytes = 2_000
const word = 'word. '

export function largeInputs({ project_id, models }: LargePlace): readonly StallInput[] {
  const goal = (field: string, tasks: readonly object[]): StallInput =>
    post(field, '/goals', { project_id, title: 'x', start: false, plan: { tasks } })
  const chat = (field: string, model: string, messages: readonly object[]): StallInput =>
    post(field, '/v1/chat/completions', { model, messages })
  const document = (field: string, value: unknown): StallInput =>
    put(field, `/projects/${project_id}/documents/large`, { value })
  const { plan_tasks_max, plan_body_bytes_max, body_values_max, body_names_max } = limits
  const model_bytes = limits.model_body_bytes_max - frame_bytes
  const text = word.repeat(model_bytes / word.length)
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(model_bytes)}` } }
  const parts = Array.from({ length: 1000 }, () => ({ type: 'text', text: 'y'.repeat(model_bytes / 1000 - 40) }))
  const input = 'x'.repeat(plan_body_bytes_max / plan_tasks_max - 60)
  return [
    goal(
      'plan of many tasks',
      numbered(plan_tasks_max, () => ({})),
    ),
    goal(
      'plan of long inputs',
      numbered(plan_tasks_max, () => ({ input })),
    ),
    goal(
      'plan of many edges',
      numbered(1_900, (at) => (at < 900 ? {} : { depends_on: Array.from({ length: 190 }, (_, to) => `t${to}`) })),
    ),
    goal(
      'plan of many values',
      numbered(3, () => ({ input: Array.from({ length: body_values_max / 3 - 20 }, () => []) })),
    ),
    document(
      'document of lists',
      Array.from({ length: body_values_max - 10 }, () => []),
    ),
    document(
      'document of names',
      Object.fromEntries(Array.from({ length: body_names_max - 10 }, (_, at) => [`k${at}`, 1])),
    ),
    document('document of a text', 'x'.repeat(limits.document_bytes_max - frame_bytes)),
    chat('offline chat', 'offline', [{ role: 'user', content: text }]),
    chat('chat of a text', models.openai, [{ role: 'user', content: text }]),
    chat('chat of many parts', models.openai, [{ role: 'user', content: parts }]),
    chat('chat of a picture, translated', models.anthropic, [{ role: 'user', content: [picture] }]),
    chat('chat of line ends, translated', models.anthropic, [{ role: 'user', content: '\n'.repeat(model_bytes / 2) }]),
    chat('chat that is kept', models.cached, [{ role: 'user', content: text }]),
    chat('arguments of calls', models.anthropic, [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [called(`[${'[],'.repeat(300_000)}[]]`)] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ]),
    chat('too many values', models.openai, [{ role: 'user', content: Array.from({ length: 3_000_000 }, () => []) }]),
  ]
}

const called = (text: string) => ({ id: 'c', type: 'function', function: { name: 'f', arguments: text } })

function numbered(count: number, more: (at: number) => object): readonly object[] {
  return Array.from({ length: count }, (_, at) => ({ key: `t${at}`, capability: 'noop', ...more(at) }))
}
