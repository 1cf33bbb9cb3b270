import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    include: ['{contract,server,sdk,cli,tools,examples}/**/*.test.ts'],
    // Nothing waits for time to pass, so these are only for what hangs, also where every core is busy.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two processes, each with a database of its own. The files of one share what they import: loading the program
    // anew for every file took as long as the tests.
    maxWorkers: 2,
    isolate: false,
  },
})
