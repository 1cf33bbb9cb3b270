// A client that costs little beside what it measures: one kept connection, requests written as bytes, answers looked at
// only as far as needed to know that they are complete.
import { connect } from 'node:net'

/** `ask(bytes)` resolves to `{ status, ms, first_ms }`: until the end, and until the first word of the content. */
export async function openClient(address) {
  const { hostname, port } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let pending
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    if (pending === undefined) return
    const now = performance.now()
    if (pending.first_ms === undefined && text.includes('"content":"w')) pending.first_ms = now - pending.began
    if (!isComplete(text)) return
    const { began, first_ms, resolve } = pending
    const status = Number(text.slice(9, 12))
    const answer = status === 200 ? '' : text
    pending = undefined
    text = ''
    resolve({ status, answer, ms: now - began, first_ms })
  })
  const fail = (error) => pending?.reject(error ?? new Error('the connection was closed'))
  socket.on('error', fail).on('close', () => fail())
  return {
    ask: (bytes) =>
      new Promise((resolve, reject) => {
        pending = { began: performance.now(), first_ms: undefined, resolve, reject }
        socket.write(bytes)
      }),
    close: () => socket.destroy(),
  }
}

function isComplete(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = text.slice(0, end).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (length !== undefined) return text.length >= end + 4 + Number(length)
  return text.endsWith('\r\n0\r\n\r\n')
}

/** A call of a model as bytes; `words` makes it a stream. */
export function callBytes(address, { path = '/v1/chat/completions', headers = {}, body }) {
  const text = JSON.stringify(body)
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(address).host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)
}
