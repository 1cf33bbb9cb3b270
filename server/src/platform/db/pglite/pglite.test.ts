import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { DatabaseLostError, translate } from '../failures.ts'
import { type EmbeddedSource, openPglite } from './pglite.ts'

const folders: string[] = []
const opened: EmbeddedSource[] = []
afterAll(async () => {
  for (const source of opened) await source[Symbol.asyncDispose]()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const events: string[] = []
beforeEach(() => void events.splice(0))

async function open() {
  const data_dir = mkdtempSync(join(tmpdir(), 'muster-pglite-'))
  folders.push(data_dir)
  const source = await openPglite(
    { data_dir, durable: true, shared_buffers_mb: 16, reopen_apart_ms: 0, reopen_attempts_max: 2 },
    {
      onLost: ({ message }) => void events.push(`lost: ${message}`),
      onReopened: () => void events.push('reopened'),
      onUnrecoverable: ({ message }) => void events.push(`unrecoverable: ${message}`),
    },
  )
  opened.push(source)
  const run = (text: string) =>
    source.use(async (connection) => (await connection.query({ text, values: [], name: undefined })).rows)
  return { data_dir, run, source }
}

/** Takes the folder of the write-ahead log away, so that the next segment cannot be made: PostgreSQL panics. */
function takeLogAway(data_dir: string): { giveBack(): void } {
  const [log, aside] = [join(data_dir, 'pg_wal'), join(data_dir, 'aside')]
  renameSync(log, aside)
  return { giveBack: () => renameSync(aside, log) }
}

const panic = `select pg_switch_wal(), pg_logical_emit_message(true, 'test', 'x'), pg_switch_wal()`

describe('an embedded database that panics', () => {
  it('fails what was under way with the cause, is opened again, and has all that was committed', async () => {
    const { data_dir, run } = await open()
    await run('create table kept (n int)')
    await run('insert into kept values (1)')
    const log = takeLogAway(data_dir)
    await expect(run(panic)).rejects.toBeInstanceOf(DatabaseLostError)
    log.giveBack()
    expect(await run('select n from kept')).toEqual([{ n: 1 }])
    expect(events).toEqual([expect.stringMatching(/^lost: .*pg_wal/), 'reopened'])
    await run('insert into kept values (2)')
    expect(await run('select count(*)::int as n from kept')).toEqual([{ n: 2 }])
  })

  it('is unavailable while it cannot be opened, and is given up after as many attempts as are allowed', async () => {
    const { data_dir, run } = await open()
    takeLogAway(data_dir)
    const failure = await run(panic).catch((error: unknown) => error)
    expect(translate(failure)).toMatchObject({ code: 'unavailable' })
    for (let attempt = 1; attempt <= 2; attempt += 1) await expect(run('select 1')).rejects.toThrow(/has stopped/)
    expect(events.filter((event) => event.startsWith('unrecoverable: '))).toHaveLength(1)
  })
})

describe('the next answer', () => {
  it('is that of whoever stands first in the queue, and none where the database fails', async () => {
    const { run, source } = await open()
    const order: string[] = []
    const first = run('select 1').then(() => order.push('first'))
    const second = run('select 2').then(() => order.push('second'))
    await source.nextAnswer?.().then(() => order.push('answer'))
    expect(order).not.toContain('second')
    await Promise.all([first, second])
    let is_answered = false
    void source.nextAnswer?.().then(() => {
      is_answered = true
    })
    await expect(run('select no_such_column')).rejects.toThrow('no_such_column')
    expect(is_answered).toBe(false)
    await run('select 3')
    await Promise.resolve()
    expect(is_answered).toBe(true)
  })
})
