import { expect, it } from 'vitest'
import { seededTree } from './sources/seeded-tree.ts'
import { testsWithoutDatabase } from './tests-without-database.ts'

it('are those that reach none by their imports and start no program', () => {
  using tree = seededTree({
    'server/test/database.ts': 'export const database = 1',
    'server/test/fixtures.ts': `import { database } from './database.ts'\nexport const one = database`,
    'server/src/pure.ts': `import type { x } from '../test/database.ts'\nexport const pure = 1`,
    'server/src/pure.test.ts': `import { pure } from './pure.ts'`,
    'server/src/far.test.ts': `import {\n  one,\n} from '../test/fixtures.ts'`,
    'server/src/late.test.ts': `const { one } = await import('../test/fixtures.ts')`,
    'server/src/bare.test.ts': `import '../test/fixtures.ts'`,
    'cli/src/program.test.ts': `import { spawn } from 'node:child_process'`,
    'tools/setting.test.ts': 'const database = process.env.DB',
    'server/test/muster.ts': 'export const start = () => spawn(process.execPath, [process.env.DB])',
    'server/src/started.test.ts': `import { start } from '../test/muster.ts'`,
    'server/src/one.ts': `import { two } from './two.ts'\nexport const one = 1`,
    'server/src/two.ts': `import { one } from './one.ts'\nimport { database } from '../test/database.ts'\nexport const two = 2`,
    'server/src/circle-one.test.ts': `import { one } from './one.ts'`,
    'server/src/circle-two.test.ts': `import { two } from './two.ts'`,
  })
  expect(testsWithoutDatabase(tree.root)).toEqual(['server/src/pure.test.ts'])
})

it('leave those that need one', () => {
  const without = testsWithoutDatabase(process.cwd())
  expect(without).toContain('server/src/modules/judge/judge.rules.test.ts')
  expect(without).not.toContain('server/test/tenants.test.ts')
  for (const file of ['kill.test.ts', 'e2e/lifetime.test.ts', 'e2e/first-start.test.ts'])
    expect(without).not.toContain(`server/test/${file}`)
  expect(without).not.toContain('server/src/modules/state/state.test.ts')
})
