import { readFileSync } from 'node:fs'
import { runStatuses } from '@muster/contract/worker/runs'
import { describe, expect, it } from 'vitest'
import { runTransitions } from './run.rules.ts'

describe('the machine of a run', () => {
  const migration = readFileSync(new URL('../../../../migrations/0011_worker_tables.sql', import.meta.url), 'utf8')

  it('ends in exactly the ways that the table of ended runs takes', () => {
    const list = /create table worker_runs \([^;]*?check \(status in \(([^)]*)\)\)/.exec(migration)?.[1] ?? ''
    expect([...list.matchAll(/'(\w+)'/g)].map((match) => match[1])).toEqual(runTransitions.live)
  })

  it('has the states of the contract, and ends are final', () => {
    expect(Object.keys(runTransitions)).toEqual(runStatuses)
    for (const end of runTransitions.live) expect(runTransitions[end]).toEqual([])
  })
})
