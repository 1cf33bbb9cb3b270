import { processIo } from './config.ts'
import { run } from './run.ts'

/** The program `muster`: the first Ctrl-C ends gracefully, the second at once. */
const controller = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(new Error(name))
  })
}

process.exitCode = await run(process.argv.slice(2), processIo(controller.signal))
