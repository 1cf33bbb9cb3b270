import { expect, it } from 'vitest'
import { seededTree } from './seeded-tree.ts'
import { testsWithoutDatabase } from './tests-without-database.ts'

it('are those that reach none by their imports and start no program', () => {
  using tree = seededTree({
    'server/test/database.ts': 'export const database = 1',
    'server/test/fixtures.ts': `import { database } from './database.ts'\nexport const one = database`,
    'server/src/pure.ts': `import type { x } from '../test/database.ts'\nexport const pure = 1`,
    'server/src/pure.test.ts': `import { pure } from './pure.ts'`,
    'server/src/far.test.ts': `import {\n  one,\n} from '../test/fixtures.ts'`,
    'server/src/late.test.ts': `const { one } = await import('../test/fixtures.ts')`,
    'cli/src/program.test.ts': `import { spawn } from 'node:child_process'`,
    'tools/setting.test.ts': 'const database = process.env.DB',
  })
  expect(testsWithoutDatabase(tree.root)).toEqual(['server/src/pure.test.ts'])
})

it('leave those that need one', () => {
  const without = testsWithoutDatabase(process.cwd())
  expect(without).toContain('server/src/modules/judge/judge.rules.test.ts')
  expect(without).not.toContain('server/test/tenants.test.ts')
  expect(without).not.toContain('server/src/modules/state/state.test.ts')
})
