import { expect, it } from 'vitest'
import { createLog } from './log.ts'

function capture(level: 'info' | 'error') {
  const lines: Record<string, unknown>[] = []
  return { lines, log: createLog({ level, destination: { write: (line) => void lines.push(JSON.parse(line)) } }) }
}

it('writes one JSON object a line, with the fields of its parents', () => {
  const { lines, log } = capture('info')
  log.child({ request_id: 'r' }).info({ goal_id: 'g' }, 'planned')
  log.debug({}, 'not this')
  expect(lines).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), request_id: 'r', goal_id: 'g', msg: 'planned' },
  ])
})

it('tells errors with their stack, and never a credential', () => {
  const { lines, log } = capture('error')
  log.error({ err: new Error('broken'), key: 'mk_1', request: { authorization: 'Bearer mk_2' } }, 'failed')
  expect(lines[0]).toMatchObject({
    err: { message: 'broken', stack: expect.stringContaining('log.test') },
    msg: 'failed',
  })
  expect(JSON.stringify(lines)).not.toMatch(/mk_/)
})
