import { json, piecesOf, reply, type ScriptedServer, scriptedServer, type Told } from './script.ts'

type Part = {
  readonly text?: string
  readonly inlineData?: { readonly mimeType: string; readonly data: string }
  readonly functionResponse?: { readonly name: string; readonly response: { readonly output: string } }
}
type Content = { readonly role: string; readonly parts: readonly Part[] }

/** A well-behaved model in Gemini's wire: 10 tokens in, 4 of them cached, 5 out, 2 more of thoughts. */
export function scriptedGemini(): Promise<ScriptedServer> {
  return scriptedServer((response, body: Record<string, unknown>, path) => {
    if (path.startsWith('/v1beta/models?')) return json(response, { models: [{ name: 'models/scripted' }] })
    if (path === '/v1beta/models/scripted:batchEmbedContents') return json(response, embeddings(body))
    const told = toldIn(body)
    if (told.text === 'break')
      return json(response, { error: { code: 400, message: 'Too long.', status: 'INVALID_ARGUMENT' } }, 400)
    const { text, calls = [] } = reply(told)
    const head = { responseId: 'r7', modelVersion: 'scripted-1' }
    const functions = calls.map(({ id, name, input }) => ({ functionCall: { id, name, args: input } }))
    const all = [...(text === undefined ? [] : [{ text }]), ...functions]
    const whole = {
      ...head,
      candidates: [{ content: { role: 'model', parts: all }, finishReason: 'STOP' }],
      usageMetadata: usage,
    }
    if (path === '/v1beta/models/scripted:generateContent') return json(response, whole)
    if (path !== '/v1beta/models/scripted:streamGenerateContent?alt=sse') return json(response, {}, 404)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (
      parts: readonly object[],
      more: object = {},
      usageMetadata: object = { ...usage, candidatesTokenCount: 1 },
    ) =>
      response.write(
        `data: ${JSON.stringify({ ...head, candidates: [{ content: { role: 'model', parts }, ...more }], usageMetadata })}\r\n\r\n`,
      )
    write([{ text: 'Let me think.', thought: true }])
    for (const piece of piecesOf(text ?? '')) write([{ text: piece }])
    for (const call of functions) write([call])
    if (told.text === 'wait') return
    if (told.text === 'cut') return void setImmediate(() => response.destroy())
    write([], { finishReason: 'STOP' }, usage)
    response.end()
  })
}

function embeddings(body: Record<string, unknown>) {
  const requests = body.requests as { model: string; content: Content }[]
  if (requests.some(({ model }) => model !== 'models/scripted')) return { error: { message: 'Another model.' } }
  const embedded = requests.map(() => ({ values: [0.25, -0.5] }))
  return { embeddings: embedded, usageMetadata: { promptTokenCount: requests.length * 3 } }
}

const usage = {
  promptTokenCount: 10,
  cachedContentTokenCount: 4,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 2,
  totalTokenCount: 17,
}

function toldIn(body: Record<string, unknown>): Told {
  const contents = body.contents as readonly Content[]
  const parts = contents.flatMap((content) => content.parts)
  const data = parts.find(({ inlineData }) => inlineData)?.inlineData
  const config = body.generationConfig as { responseJsonSchema?: unknown }
  const system = body.systemInstruction as Content | undefined
  const tools = (body.tools ?? []) as { functionDeclarations: { name: string }[] }[]
  return {
    text: textOf(contents.filter(({ role }) => role === 'user').at(-1)),
    system: textOf(system),
    tools: tools.flatMap(({ functionDeclarations }) => functionDeclarations.map(({ name }) => name)),
    results: parts.flatMap(({ functionResponse }) =>
      functionResponse?.name.endsWith('weather') ? [functionResponse.response.output] : [],
    ),
    schema: config.responseJsonSchema,
    image: data && { media_type: data.mimeType, bytes: Buffer.from(data.data, 'base64').length },
  }
}

function textOf(content: Content | undefined): string {
  return (content?.parts ?? []).map(({ text = '' }) => text).join('')
}
