import { json, piecesOf, reply, type ScriptedServer, scriptedServer, type Told } from './script.ts'

type Block = {
  readonly type: string
  readonly text?: string
  readonly content?: string
  readonly source?: { readonly media_type: string; readonly data: string }
}
type Message = { readonly role: string; readonly content: string | readonly Block[] }

/** A well-behaved model in Anthropic's wire: 6 tokens in, 4 read from the cache, 7 out, 2 of them thinking. */
export function scriptedAnthropic(): Promise<ScriptedServer> {
  return scriptedServer((response, body: Record<string, unknown>, path) => {
    if (path.startsWith('/v1/models')) return json(response, { data: [{ id: 'scripted' }] })
    const told = toldIn(body)
    if (told.text === 'break')
      return json(response, { type: 'error', error: { type: 'invalid_request_error', message: 'Too long.' } }, 400)
    const { text, calls = [] } = reply(told)
    const blocks = [
      ...(text === undefined ? [] : [{ type: 'text', text }]),
      ...calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })),
    ]
    const stop_reason = calls.length > 0 ? 'tool_use' : 'end_turn'
    const head = { id: 'msg_7', type: 'message', role: 'assistant', model: 'scripted-1', stop_sequence: null }
    if (body.stream !== true)
      return json(response, { ...head, content: blocks, stop_reason, usage: { ...input_usage, ...output_usage } })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (type: string, fields: object = {}) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
    write('message_start', {
      message: { ...head, content: [], stop_reason: null, usage: { ...input_usage, output_tokens: 1 } },
    })
    write('ping')
    for (const [index, block] of blocks.entries()) {
      const isText = 'text' in block
      write('content_block_start', {
        index,
        content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} },
      })
      const pieces = piecesOf(isText ? block.text : JSON.stringify(block.input))
      for (const piece of pieces)
        write('content_block_delta', {
          index,
          delta: isText ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece },
        })
      write('content_block_stop', { index })
    }
    if (told.text === 'wait') return
    if (told.text === 'cut') return void setImmediate(() => response.destroy())
    write('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: output_usage })
    write('message_stop')
    response.end()
  })
}

const input_usage = { input_tokens: 6, cache_read_input_tokens: 4, cache_creation_input_tokens: 0 }
const output_usage = { output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } }

function toldIn(body: Record<string, unknown>): Told {
  const messages = body.messages as readonly Message[]
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  const image = blocks.find(({ type }) => type === 'image')?.source
  const config = body.output_config as { format?: { schema: unknown } } | undefined
  const system = body.system as string | readonly Block[] | undefined
  return {
    text: textOf(messages.filter(({ role }) => role === 'user').at(-1)?.content ?? ''),
    system: textOf(system ?? ''),
    tools: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
    results: blocks.filter(({ type }) => type === 'tool_result').map(({ content = '' }) => content),
    schema: config?.format?.schema,
    image: image && { media_type: image.media_type, bytes: Buffer.from(image.data, 'base64').length },
  }
}

function textOf(content: string | readonly Block[]): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')
}
