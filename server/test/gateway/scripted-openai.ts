import { json, piecesOf, reply, type ScriptedServer, scriptedServer, type Told } from './script.ts'

type Part = { readonly type: string; readonly text?: string; readonly image_url?: { readonly url: string } }
type Message = { readonly role: string; readonly content: string | readonly Part[] | null }

/** A well-behaved model in OpenAI's wire: 10 tokens in, 4 of them cached, 7 out, 2 of them reasoning. */
export function scriptedOpenai(): Promise<ScriptedServer> {
  return scriptedServer((response, body: Record<string, unknown>, path) => {
    if (path.endsWith('/models')) return json(response, { data: [{ id: 'scripted' }] })
    if (path.endsWith('/embeddings')) return json(response, embeddings(body))
    if (!path.endsWith('/chat/completions')) return json(response, { detail: 'Not Found' }, 404)
    const told = toldIn(body)
    if (told.text === 'break') return json(response, { error: { message: 'Too long.', code: 'context_length' } }, 400)
    const { text, calls = [] } = reply(told)
    const head = { id: 'chatcmpl-7', created: 7, model: 'scripted-1' }
    const tool_calls = calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }))
    const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
    const message = { role: 'assistant', content: text ?? null, refusal: null, ...(calls.length > 0 && { tool_calls }) }
    if (body.stream !== true)
      return json(response, {
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason }],
        usage,
      })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (delta: object, reason: string | null = null, more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }], ...more })}\n\n`,
      )
    write({ role: 'assistant', content: '' })
    for (const piece of piecesOf(text ?? '')) write({ content: piece })
    for (const [index, call] of tool_calls.entries()) {
      write({ tool_calls: [{ index, ...call, function: { ...call.function, arguments: '' } }] })
      for (const piece of piecesOf(call.function.arguments))
        write({ tool_calls: [{ index, function: { arguments: piece } }] })
    }
    if (told.text === 'wait') return
    if (told.text === 'cut') return void setImmediate(() => response.destroy())
    write({}, finish_reason)
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\n`)
    response.end('data: [DONE]\n\n')
  })
}

const usage = {
  prompt_tokens: 10,
  completion_tokens: 7,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

function toldIn(body: Record<string, unknown>): Told {
  const messages = body.messages as readonly Message[]
  const parts = messages.flatMap(({ content }) => (typeof content === 'string' || content === null ? [] : content))
  const [, media_type, data = ''] =
    /^data:(.+);base64,(.*)$/.exec(parts.find(({ image_url }) => image_url)?.image_url?.url ?? '') ?? []
  const format = body.response_format as { json_schema?: { schema: unknown } } | undefined
  return {
    text: textOf(messages.filter(({ role }) => role === 'user').at(-1)),
    system: textOf(messages.find(({ role }) => role === 'system')),
    tools: ((body.tools ?? []) as { function: { name: string } }[]).map((tool) => tool.function.name),
    results: messages.filter(({ role }) => role === 'tool').map(textOf),
    schema: format?.json_schema?.schema,
    image: media_type === undefined ? undefined : { media_type, bytes: Buffer.from(data, 'base64').length },
  }
}

function textOf(message: Message | undefined): string {
  const { content = '' } = message ?? {}
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('')
}

function embeddings({ input, encoding_format }: Record<string, unknown>) {
  const inputs = Array.isArray(input) ? input : [input]
  const floats = Float32Array.of(0.25, -0.5)
  const embedding = encoding_format === 'base64' ? Buffer.from(floats.buffer).toString('base64') : [...floats]
  const tokens = { prompt_tokens: inputs.length * 3, total_tokens: inputs.length * 3 }
  return {
    object: 'list',
    model: 'scripted-1',
    data: inputs.map((_one, index) => ({ object: 'embedding', index, embedding })),
    usage: tokens,
  }
}
