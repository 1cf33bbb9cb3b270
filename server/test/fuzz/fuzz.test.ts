import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createApi } from '../../src/app/services/serve.ts'
import { readConfig } from '../../src/platform/config.ts'
import { silent_log } from '../../src/platform/log.ts'
import { tenant } from '../hostile/tenant.ts'
import { testProgram } from '../program.ts'
import { createRequests, type FuzzedRequest } from './requests.ts'

const made = await testProgram()
const mistakes: string[] = []
const { http } = createApi(made.program, {
  config: readConfig({ MUSTER_DATA_DIR: made.folder, MUSTER_FAST: '1' }),
  database: { ...made.database, epoch: 1 },
  log: { ...silent_log, error: (fields: object) => void mistakes.push(inspect(fields, { depth: 3 })) },
})
await http.app.ready()
const us = await tenant(made, made.ours)
const named = { ...us.things, ...us.more }
const seed = Number(process.env.MUSTER_TEST_SEED ?? 1)

async function send({ method, url, headers, payload }: FuzzedRequest) {
  const answer = await http.app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: `Bearer ${us.api.key}`, ...headers },
    ...(payload !== undefined && { payload }),
  })
  return answer.statusCode
}

describe('fuzzed requests', () => {
  it('are never answered by a mistake of ours', async () => {
    const requestAt = createRequests({ seed, named })
    const failed: string[] = []
    const statuses = new Set<number>()
    for (let index = 0; index < 500; index += 1) {
      const request = requestAt(index)
      const status = await send(request)
      statuses.add(status)
      // 502 is what a model provider's own failure is answered with.
      if (status >= 500 && status !== 502) failed.push(`${status}: ${inspect(request)}`)
    }
    expect([...failed, ...mistakes]).toEqual([])
    expect([...statuses]).toEqual(expect.arrayContaining([200, 404, 422]))
  })

  it('are the same again for the same seed and number', () => {
    const one = createRequests({ seed, named })
    const other = createRequests({ seed, named })
    expect(other(7)).toEqual(one(7))
    expect(other(8)).not.toEqual(one(7))
  })
})
