/** A key that may do everything, from the server's shell: beside servers on PostgreSQL, and where an embedded one is stopped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { place } from './muster.ts'

const here = await place()
const isEmbedded = process.env.DB !== 'postgres'
const firstKey = () => readFileSync(join(here.directory, 'first-key'), 'utf8').trim()

async function sessionOf(address: string, key: string) {
  const answer = await fetch(`${address}/api/v1/session`, { headers: { authorization: `Bearer ${key}` } })
  const { data } = (await answer.json()) as { data: { name: string; permissions: string[] } }
  return { status: answer.status, ...data }
}

it('recovers an organization whose keys are lost, and the journal says so', async () => {
  const running = await here.running({ MUSTER_SAMPLE: '0' })
  const lost = firstKey()
  const beside = await here.cli('keys', 'recover')
  expect(beside.code).toBe(isEmbedded ? 5 : 0)
  if (isEmbedded) expect(beside.err).toMatch(/in use by process \d+[\s\S]*muster stop/)
  else expect(await sessionOf(running.address, beside.out.trim())).toMatchObject({ status: 200, name: 'recovered key' })
  running.process.kill('SIGTERM')
  await running.ended

  const unknown = await here.cli('keys', 'recover', '--organization', 'nobody')
  expect([unknown.code, unknown.err]).toEqual([5, expect.stringContaining('No such organization: nobody.')])
  const made = await here.data<{ key: string; key_id: string; is_first_key: boolean }>('keys', 'recover')
  expect(made.is_first_key).toBe(isEmbedded)
  expect(firstKey()).toBe(isEmbedded ? made.key : lost)

  const again = await here.running({ MUSTER_SAMPLE: '0' })
  const owner = await sessionOf(again.address, lost)
  const recovered = await sessionOf(again.address, made.key)
  expect([recovered.status, recovered.permissions.toSorted()]).toEqual([200, owner.permissions.toSorted()])
  const recorded = () => here.cliWith({ MUSTER_KEY: made.key }, 'journal', 'list', '--type', 'key.recovered', '--json')
  await expect.poll(async () => (await recorded()).out, { timeout: 20_000 }).toContain(made.key_id)
  expect((await recorded()).out).not.toContain(made.key)
})
