import { json, patch, piecesOf, reply, type ScriptedServer, scriptedServer, type Told } from './script.ts'

type Item = Readonly<Record<string, unknown>>

/** A well-behaved model in OpenAI's responses and completions: 10 tokens in, 4 of them cached, 7 out, 2 of them reasoning. */
export function scriptedResponses(): Promise<ScriptedServer> {
  return scriptedServer((response, body: Record<string, unknown>, path) => {
    if (path.endsWith('/completions')) return complete(response, body)
    if (!path.endsWith('/responses')) return json(response, { detail: 'Not Found' }, 404)
    const told = toldIn(body)
    if (told.text === 'break') return json(response, { error: { message: 'Too long.', code: 'context_length' } }, 400)
    const output = itemsOf(told)
    const head = { id: 'resp_7', object: 'response', created_at: 7, model: 'scripted-1', store: false, error: null }
    const whole = { ...head, status: 'completed', output, usage }
    if (body.stream !== true) return json(response, whole)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sequence_number = 0
    const write = (type: string, fields: object) =>
      response.write(
        `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...fields })}\n\n`,
      )
    write('response.created', { response: { ...head, status: 'in_progress', output: [] } })
    for (const [output_index, item] of output.entries()) {
      const place = { output_index, item_id: item.id }
      if (item.type === 'message') {
        const part = { type: 'output_text', text: '', annotations: [] }
        write('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', content: [] } })
        write('response.content_part.added', { ...place, content_index: 0, part })
        for (const delta of piecesOf(textOf(item)))
          write('response.output_text.delta', { ...place, content_index: 0, delta, logprobs: [] })
        if (told.text === 'wait') return
        if (told.text === 'cut') return void setImmediate(() => response.destroy())
        write('response.output_text.done', { ...place, content_index: 0, text: textOf(item), logprobs: [] })
        write('response.content_part.done', { ...place, content_index: 0, part: { ...part, text: textOf(item) } })
      } else if (item.type === 'function_call') {
        write('response.output_item.added', { output_index, item: { ...item, arguments: '' } })
        for (const delta of piecesOf(String(item.arguments)))
          write('response.function_call_arguments.delta', { ...place, delta })
        write('response.function_call_arguments.done', { ...place, name: item.name, arguments: item.arguments })
      } else write('response.output_item.added', { output_index, item })
      write('response.output_item.done', { output_index, item })
    }
    write('response.completed', { response: whole })
    response.end()
  })
}

const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 17,
}

function itemsOf(told: Told): readonly Item[] {
  const { text, calls = [] } = reply(told)
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }]
  const message = { id: 'msg_7', type: 'message', role: 'assistant', status: 'completed', content }
  const items = calls.map(({ id: call_id, name, input }, at) => {
    if (name === 'apply_patch') return { id: 'ctc_7', type: 'custom_tool_call', call_id, name, input: patch }
    const action = { type: 'exec', env: {}, ...input }
    if (name === 'local_shell') return { id: 'lsh_7', type: 'local_shell_call', call_id, action, status: 'completed' }
    const status = 'completed'
    return { id: `fc_${at}`, type: 'function_call', status, call_id, name, arguments: JSON.stringify(input) }
  })
  return text === undefined ? items : [message]
}

const textOf = (item: Item): string =>
  (item.content as readonly { readonly text?: string }[]).map(({ text = '' }) => text).join('')

function toldIn({ input, instructions, tools, text }: Record<string, unknown>): Told {
  const items = (typeof input === 'string' ? [{ role: 'user', content: input }] : input) as readonly Item[]
  const users = items.filter(({ role }) => role === 'user')
  const parts = users.flatMap(({ content }) => (typeof content === 'string' ? [] : (content as readonly Item[])))
  const [, media_type, data = ''] =
    /^data:(.+);base64,(.*)$/.exec(String(parts.find(({ image_url }) => image_url)?.image_url ?? '')) ?? []
  const last = users.at(-1)
  const format = (text as { format?: { schema?: unknown } } | undefined)?.format
  return {
    text: last === undefined ? '' : typeof last.content === 'string' ? last.content : textOf(last),
    system: String(instructions ?? ''),
    tools: ((tools ?? []) as { name?: string; type: string }[]).map(({ name, type }) => name ?? type),
    results: items.flatMap(({ type, output }) => (type === 'function_call_output' ? [String(output)] : [])),
    schema: format?.schema,
    image: media_type === undefined ? undefined : { media_type, bytes: Buffer.from(data, 'base64').length },
  }
}

function complete(response: Parameters<typeof json>[0], body: Record<string, unknown>): void {
  const { text } = reply({
    text: String(body.prompt),
    system: '',
    tools: [],
    results: [],
    schema: undefined,
    image: undefined,
  })
  const head = { id: 'cmpl-7', object: 'text_completion', created: 7, model: 'scripted-1' }
  const tokens = {
    prompt_tokens: 10,
    completion_tokens: 7,
    total_tokens: 17,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 2 },
  }
  const indexes = Array.from({ length: Number(body.n ?? 1) }, (_one, index) => index)
  const choice = (index: number, piece: string, finish_reason: string | null) => ({
    index,
    text: piece,
    logprobs: null,
    finish_reason,
  })
  if (body.stream !== true) {
    json(response, { ...head, choices: indexes.map((index) => choice(index, text ?? '', 'stop')), usage: tokens })
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const write = (fields: object) => response.write(`data: ${JSON.stringify({ ...head, ...fields })}\n\n`)
  for (const index of indexes) {
    for (const piece of piecesOf(text ?? '')) write({ choices: [choice(index, piece, null)] })
    write({ choices: [choice(index, '', 'stop')] })
  }
  write({ choices: [], usage: tokens })
  response.end('data: [DONE]\n\n')
}
