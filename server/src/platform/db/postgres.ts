import { fieldOf } from '@muster/contract/platform/objects'
import pg from 'pg'
import { type ConnectionSource, connectionOf, types } from './connection.ts'

export interface PostgresOptions {
  readonly url: string
  /** Connections at most; each transaction uses one. */
  readonly connections: number
  readonly statement_timeout_ms: number
  onError(error: Error): void
}

/** A pool of PostgreSQL sessions. Statements and idle transactions are bounded, so that nothing holds the journal back. */
export function openPostgres(options: PostgresOptions): ConnectionSource {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections,
    types,
    pipeline: true,
    application_name: 'muster',
    connectionTimeoutMillis: options.statement_timeout_ms,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    options: `-c statement_timeout=${options.statement_timeout_ms} -c idle_in_transaction_session_timeout=${options.statement_timeout_ms} -c timezone=UTC -c jit=off`,
  })
  pool.on('error', options.onError)
  return {
    engine: 'postgres',
    async use(work) {
      const client = await pool.connect()
      let connectionError: Error | undefined
      const onError = (error: Error): void => {
        connectionError = error
      }
      client.on('error', onError)
      try {
        return await work(connectionOf(client))
      } catch (error) {
        if (isConnectionLoss(error)) connectionError = error
        throw error
      } finally {
        client.off('error', onError)
        client.release(connectionError)
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
    },
  }
}

/** Errors after which a connection's state is unknown: it must not go back into the pool. */
function isConnectionLoss(error: unknown): error is Error {
  const code = fieldOf(error, 'code')
  return typeof code !== 'string' || code.startsWith('08') || code.startsWith('57P') || /^E[A-Z]+$/.test(code)
}
