// A provider of OpenAI's wire that fails and over-reports in a fixed order, as a process of its own. Prints its port.
import { createServer } from 'node:http'

const answers = ['usage', 'over', 'usage', 'error', 'cut', 'slow', 'no usage', 'usage', 'over slowly', 'stall']
let count = 0

createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text) => {
    body += text
  })
  request.on('end', () => answer(answers[count++ % answers.length], JSON.parse(body), response))
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`${this.address().port}\n`)
})

function answer(how, { max_tokens }, response) {
  if (how === 'error')
    return response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
  if (how === 'cut') return response.destroy()
  // It never answers: the gateway gives up by its own clock.
  if (how === 'stall') return undefined
  // Input and output of the hold, and three tenths more.
  const output = how.startsWith('over') ? Math.ceil(max_tokens * 1.5) : Math.ceil(max_tokens / 2)
  const usage = { prompt_tokens: 12, completion_tokens: output, total_tokens: 12 + output }
  const message = { role: 'assistant', content: 'Yes.' }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  const whole = {
    id: 'r',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices,
    ...(how !== 'no usage' && { usage }),
  }
  const send = () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole))
  if (how.includes('slow')) setTimeout(send, 200)
  else send()
  return undefined
}
