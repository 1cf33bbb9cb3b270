// A provider of OpenAI's wire that answers at once, as a process of its own; the model's name says how many words a
// stream has. Prints its port.
import { createServer } from 'node:http'

const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 }
const head = { id: 'chatcmpl-bench', created: 1700000000, model: 'bench' }
const message = { role: 'assistant', content: 'The bridge closes on Monday at nine.' }
const choice = { index: 0, message, finish_reason: 'stop' }
const whole = Buffer.from(JSON.stringify({ ...head, object: 'chat.completion', choices: [choice], usage }))
const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const last = `${chunk({}, 'stop')}data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\ndata: [DONE]\n\n`

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text) => {
    body += text
  })
  request.on('end', () => {
    const delay_ms = Number(/"model":"after-(\d+)"/.exec(body)?.[1] ?? 0)
    if (delay_ms > 0) setTimeout(() => answer(body, response), delay_ms)
    else answer(body, response)
  })
})

function answer(body, response) {
  if (!/"stream":true/.test(body)) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length }).end(whole)
    return
  }
  const words = Number(/"model":"words-(\d+)"/.exec(body)?.[1] ?? 20)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunk({ role: 'assistant', content: '' }) + chunk({ content: 'word' }))
  let said = 1
  const next = () => {
    if (response.destroyed) return
    said += 1
    if (said > words) response.end(last)
    else {
      response.write(chunk({ content: ' word' }))
      setImmediate(next)
    }
  }
  setImmediate(next)
}

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
