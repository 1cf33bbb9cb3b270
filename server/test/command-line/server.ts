// A server that will be killed: starts what it is told on standard input and waits for its end.
import { readFileSync } from 'node:fs'
import { runCommandLine } from '../../src/modules/runtimes/command-line/run.service.ts'

const { repository, ...request } = JSON.parse(readFileSync(0, 'utf8'))
await runCommandLine({
  ...request,
  prompt: '',
  files: [],
  repository: { path: repository },
  signal: new AbortController().signal,
  onLog: () => {},
})
