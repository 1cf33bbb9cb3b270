#!/usr/bin/env node
// npm links only files that exist at install time, so this one is committed and hands over to the built program.
import { existsSync } from 'node:fs'

const program = new URL('../dist/muster.js', import.meta.url)
if (existsSync(program)) await import(program.href)
else {
  process.stderr.write(
    'muster is not built yet. Run `npm run build` (or `npm start`, which builds what is stale) in the repository root.\n',
  )
  process.exitCode = 2
}
