import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { describeFailure } from './failures.ts'

const listening = (port: number) =>
  new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })

describe('what is told about a failure', () => {
  it('says what to do where another program has the port', async () => {
    const other = await listening(0)
    const { port } = other.address() as AddressInfo
    const error = await listening(port).catch((failure: unknown) => failure)
    expect(describeFailure(error)).toMatch(new RegExp(`127.0.0.1:${port}\\n.*MUSTER_PORT=`))
    other.close()
  })

  it('is the message of an error that nobody expected', () => {
    expect(describeFailure(new Error('odd'))).toBe('odd')
    expect(describeFailure('odd')).toBe('odd')
  })
})
