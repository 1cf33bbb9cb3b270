import pg from 'pg'
import type { Sql } from './sql.ts'

/**
 * One database session in which statements run one after the other. They may be sent without waiting for the ones
 * before (pipelining): what one turn of the event loop sends travels in one packet, and a statement behind a failed one
 * fails too, up to the end of the transaction.
 */
export interface Connection {
  /** Several statements without values in one message, such as `begin; set local role …`. */
  simple(text: string): Promise<void>
  query(statement: Sql): Promise<{ readonly rows: readonly unknown[]; readonly row_count: number }>
}

/** The source of connections. `use` lends one for the time of `work`; nobody keeps it. */
export interface ConnectionSource extends AsyncDisposable {
  readonly engine: 'pglite' | 'postgres'
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** Bytes in use on the heap of the thread that the database runs in; absent where it runs elsewhere. */
  heapUsed?(): Promise<number>
  /**
   * Resolves once the database has answered whoever is first in its queue; never where it does not answer any more.
   * Absent where uses do not wait for one another.
   */
  nextAnswer?(): Promise<void>
}

const int8 = 20
const timestamp = 1114
const timestamptz = 1184

/** Both engines read values alike: 64-bit integers as numbers (at most what a number holds exactly), times as ISO 8601 in UTC. */
export const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8) return safeInteger
    if (oid === timestamptz || oid === timestamp) return isoTime
    return pg.types.getTypeParser(oid, format)
  },
}

function safeInteger(text: string): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(text)))
}

export function connectionOf(client: pg.ClientBase): Connection {
  const gather = gatherWrites(client)
  return {
    async simple(text) {
      gather()
      await client.query(text)
    },
    async query(statement) {
      const { text, name, values } = statement
      gather()
      const result = await client.query(
        name === undefined ? { text, values: [...values] } : { text, name, values: [...values] },
      )
      return { rows: result.rows, row_count: result.rowCount ?? 0 }
    },
  }
}

/** Holds the socket's writes back until this turn of the event loop ends: a system call a turn, not one a statement. */
function gatherWrites(client: pg.ClientBase): () => void {
  // The client's socket is not part of its published type.
  const { stream } = (client as unknown as { connection: { stream: { cork?(): void; uncork?(): void } } }).connection
  let isCorked = false
  return () => {
    if (isCorked) return
    isCorked = true
    stream.cork?.()
    process.nextTick(() => {
      isCorked = false
      stream.uncork?.()
    })
  }
}

function isoTime(text: string): string {
  if (text === 'infinity' || text === '-infinity') return text
  return new Date(text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text).toISOString()
}
