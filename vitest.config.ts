import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { testsWithoutDatabase } from './tools/tests-without-database.ts'

const everything = '{contract,server,sdk,cli,tools,examples,web/src}/**/*.test.ts'
/** These start the built program, which two of them may do at a time. */
const programs = ['server/test/e2e/**/*.test.ts']
/**
 * These load the built program, so they have the machine to themselves; and so has the journal's, since a transaction of
 * any database of the same PostgreSQL holds sealing up.
 */
const alone = [
  'server/test/kill.test.ts',
  'server/test/soak/soak.test.ts',
  'server/test/burst.test.ts',
  'server/src/platform/journal/{epoch,journal,retention}.test.ts',
  'server/test/stalls/**/*.test.ts',
]
/** What does not depend on the database runs on the embedded one alone. */
const once =
  process.env.DB === 'postgres'
    ? [
        'server/test/command-line/**',
        'server/test/stalls/**',
        'tools/**',
        ...testsWithoutDatabase(fileURLToPath(new URL('.', import.meta.url))),
      ]
    : []

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    // Nothing waits for time to pass, so these are only for what hangs, also where every core is busy.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // The files of one process share what they import: loading the program anew for every file took as long as the tests.
    isolate: false,
    projects: [
      {
        extends: true,
        // Two processes, each with a database of its own.
        test: {
          name: 'suite',
          include: [everything],
          exclude: [...programs, ...alone, ...once, '**/node_modules/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: programs,
          exclude: [...once, '**/node_modules/**'],
          maxWorkers: 2,
          testTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          exclude: [...once, '**/node_modules/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      // The page, in a browser, against the built program; `npm test` finds the browser.
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['web/test/**/*.browser.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
          expect: { poll: { timeout: 15_000, interval: 50 } },
        },
      },
    ],
  },
})
