import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ok, type ScriptedServer, startScriptedServer } from '@muster/sdk/testing/scripted-server'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from './run.ts'
import { idOf, testIo } from './testing/fixtures.ts'

let folder = ''
let server: ScriptedServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  server = await startScriptedServer()
  await mkdir(join(folder, '.muster'))
  await writeFile(join(folder, '.muster', 'server.json'), JSON.stringify({ address: server.base_url, pid: 1 }))
  await writeFile(join(folder, '.muster', 'first-key'), 'the-first-key\n')
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function muster(...words: string[]) {
  const io = testIo({ cwd: folder })
  return { code: await run(words, io), out: io.out() }
}

const verified = {
  valid: true,
  attempts: { ended: 3, live: 1, cost_micro_usd: 120, tokens: 90 },
  charges: { rows: 3, cost_micro_usd: 120, tokens: 90 },
  held: { rows: 1, cost_micro_usd: 40, tokens: 30 },
  reservations: { rows: 2, cost_micro_usd: 80, tokens: 60 },
  problems: [],
}

it('verifies the charges, and fails where they do not match', async () => {
  server.always('GET /api/v1/budgets/verify', ok(verified))
  const good = await muster('budgets', 'verify')
  expect([good.code, good.out]).toEqual([0, expect.stringContaining('Budgets reconcile')])
  expect(good.out).toContain('3 completed, 120 micro-USD, 90 tokens')
  expect(good.out).toContain('2 reservations, 80 micro-USD')
  const problem = { attempt_id: idOf(1), problem: 'not_charged' as const, message: 'Nothing was charged for it.' }
  server.always('GET /api/v1/budgets/verify', ok({ ...verified, valid: false, problems: [problem] }))
  const bad = await muster('budgets', 'verify')
  expect([bad.code, bad.out]).toEqual([
    1,
    expect.stringContaining(`${idOf(1)}, not_charged: Nothing was charged for it.`),
  ])
  expect(JSON.parse((await muster('budgets', 'verify', '--json')).out)).toMatchObject({ valid: false })
})

it('lists budgets', async () => {
  const amount = { cost_micro_usd: 5, tokens: 7, live_runs: 0 }
  const budget = {
    id: idOf(1),
    scope: { kind: 'organization', id: idOf(2) },
    window: 'day',
    tokens: 100,
    closed: false,
    held: amount,
    used: amount,
    created_at: '2026-01-01T00:00:00Z',
  }
  server.always('GET /api/v1/budgets', ok({ items: [budget] }))
  const { code, out } = await muster('budgets', 'list')
  expect([code, out]).toEqual([0, expect.stringContaining('7 of 100')])
})
