import { main } from './main.ts'

/**
 * The server as one file without the command line: `node server/dist/server.js`, settings from the environment. The first
 * signal stops it gracefully, the second at once.
 */
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort(new Error(name))
  })
}

// Its log goes there; without one who reads it, the server runs on.
process.stderr.on('error', () => {})

process.exitCode = await main({ signal: stop.signal })
