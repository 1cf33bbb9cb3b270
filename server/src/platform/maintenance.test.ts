import { afterAll, describe, expect, it } from 'vitest'
import { openPglite } from './db/pglite/pglite.ts'
import { maintainEmbedded } from './maintenance.ts'

const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
afterAll(() => source[Symbol.asyncDispose]())
const simple = (text: string) => source.use((connection) => connection.simple(text))
const scalar = (text: string) =>
  source.use(async (connection) => {
    const { rows } = await connection.query({ text, values: [], name: undefined })
    return Object.values(rows[0] as object)[0]
  })
const signal = new AbortController().signal

describe('the embedded database', () => {
  it('uses the space of dead rows again, and knows how large its tables are', async () => {
    await simple(`create table counters (id int primary key, value text)`)
    await simple(`insert into counters select g, repeat('x', 500) from generate_series(1, 1000) g`)
    const update = () => simple(`update counters set value = repeat('y', 500)`)
    await update()
    await simple('select pg_stat_force_next_flush()')
    expect(await maintainEmbedded(source, signal)).toEqual(['public.counters'])
    expect(await scalar(`select reltuples from pg_class where relname = 'counters'`)).toBe(1000)
    const size = await scalar(`select pg_relation_size('counters')`)
    await update()
    expect(await scalar(`select pg_relation_size('counters')`)).toBe(size)
  })

  it('leaves alone what has hardly changed', async () => {
    await simple('select pg_stat_force_next_flush()')
    await maintainEmbedded(source, signal)
    await simple(`update counters set value = 'z' where id < 20`)
    await simple('select pg_stat_force_next_flush()')
    expect(await maintainEmbedded(source, signal)).toEqual([])
  })
})
