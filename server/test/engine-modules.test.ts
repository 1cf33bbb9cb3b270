import { expect, it } from 'vitest'
import { givenTo } from '../src/app/compose.ts'
import { engineModules, modules } from '../src/app/modules.ts'

it('gives transactions over all tenants to the modules that are listed for them, and to no other', () => {
  const engine = { transact: () => {} }
  const holders = modules.filter((name) => 'engine' in givenTo(name, { db: {} }, engine))
  expect(holders).toEqual(modules.filter((name) => engineModules.some((listed) => listed === name)))
  for (const name of ['projects', 'artifacts', 'state', 'tools', 'dashboard'] as const)
    expect(Object.values(givenTo(name, { db: {} }, engine))).not.toContain(engine)
})
