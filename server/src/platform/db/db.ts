import { AsyncLocalStorage } from 'node:async_hooks'
import { invariant } from '../errors.ts'
import { isUuid } from '../ids.ts'
import { withOutsideWork } from '../threads/outside-work.ts'
import type { Connection, ConnectionSource } from './connection.ts'
import { codeOf, isRetryable, isUnstorable, type Outage, outageOf, translate, unstorableValue } from './failures.ts'
import type { Sql } from './sql.ts'
import { createStorage, type Storage } from './storage.ts'

interface BaseTx {
  rows<Row>(statement: Sql): Promise<Row[]>
  /** The first row, if there is one. */
  row<Row>(statement: Sql): Promise<Row | undefined>
  /** Runs a statement and says how many rows it touched. */
  execute(statement: Sql): Promise<number>
  /**
   * Runs inside the transaction, in the order of registration; all its statements must be sent at once, since the commit
   * is sent right behind them.
   */
  beforeCommit(work: () => Promise<void>): void
  /** Runs after the commit; never when the transaction is rolled back. Must not throw. */
  afterCommit(work: () => void): void
}

/** A transaction that sees and writes one organization's rows only; row-level security says so again. */
export interface TenantTx extends BaseTx {
  readonly kind: 'tenant'
  readonly organization_id: string
}

/** A transaction over all organizations: claim, settle, sweep, timers, sequencer. Every statement names its organization. */
export interface EngineTx extends BaseTx {
  readonly kind: 'engine'
}

/** Before the tenant is known: sees the one key with this hash and nothing else. */
export interface CredentialTx extends BaseTx {
  readonly kind: 'credential'
}

export type Tx = TenantTx | EngineTx

export interface Db {
  readonly engine_name: 'pglite' | 'postgres'
  transact<T>(scope: { readonly organization_id: string }, work: (tx: TenantTx) => Promise<T>): Promise<T>
  transact<T>(scope: { readonly credential_hash: string }, work: (tx: CredentialTx) => Promise<T>): Promise<T>
}

export interface Engine {
  /**
   * Outside work is done between two tries of the transaction; with `throw` it is left to a caller that has others
   * waiting.
   */
  transact<T>(work: (tx: EngineTx) => Promise<T>, outside_work?: 'throw'): Promise<T>
}

export interface Database extends AsyncDisposable {
  readonly db: Db
  readonly engine: Engine
  readonly source: ConnectionSource
  /** Whether the database can write, as far as its transactions have shown. */
  readonly storage: Storage
  /** When a transaction last failed because the database did, of `performance.now`; long ago: never. */
  outageAt(): number
  /** Whether the caller runs inside a transaction: code that waits for another one must not be called there. */
  inTransaction(): boolean
  /** Statements sent since the start, for the bench's count per task. */
  readonly counts: { statements: number; transactions: number }
}

const attempts_max = 5
const query_canceled = '57014'

/**
 * A plan that was made for an empty table would scan or hash all of it when it is large: so in every transaction keys
 * are looked up through indexes with nested loops. The engine keeps its plans with the prepared statements; a tenant's
 * statements are planned each time, since their parameters decide how much of a table they touch, and two indexes look
 * alike while a table is small.
 */
const planner_settings = ['seqscan', 'material', 'hashjoin', 'mergejoin'].map(
  (plan) => `set local enable_${plan} = off`,
)

const engine_opening = [
  'begin',
  'set local role muster_engine',
  ...planner_settings,
  'set local plan_cache_mode = force_generic_plan',
].join('; ')

const app_opening = [
  'begin',
  'set local role muster_app',
  ...planner_settings,
  'set local plan_cache_mode = force_custom_plan',
].join('; ')

type Scope = { readonly organization_id: string } | { readonly credential_hash: string } | 'engine'

export interface DatabaseEvents {
  onStorage?(outage: Outage | undefined): void
  /** A request brought a value that the database cannot hold, although a schema should have refused it. */
  onUnstorable?(error: unknown): void
}

/** The only two ways to the database: `db` for a tenant, `engine` across tenants (invariant 12). */
export function createDatabase(source: ConnectionSource, { onStorage, onUnstorable }: DatabaseEvents = {}): Database {
  const storage = createStorage(onStorage)
  let outage_at = Number.NEGATIVE_INFINITY
  const transactionContext = new AsyncLocalStorage<{ done: boolean }>()
  const counts = { statements: 0, transactions: 0 }

  async function transact<T>(scope: Scope, work: (tx: never) => Promise<T>): Promise<T> {
    invariant(transactionContext.getStore()?.done !== false, 'a transaction was asked for inside another one')
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await source.use((connection) => runOnce({ connection, scope, counts, transactionContext }, work))
      } catch (error) {
        if (attempts < attempts_max && isRetryable(error)) continue
        const outage = outageOf(error)
        if (outage?.is_storage) storage.recordOutage(outage)
        // A statement timeout is no outage of the database.
        if (outage !== undefined && codeOf(error) !== query_canceled) outage_at = performance.now()
        if (scope !== 'engine' && isUnstorable(error)) {
          onUnstorable?.(error)
          throw unstorableValue()
        }
        throw translate(error)
      }
    }
  }

  const withRetries = <T>(scope: Scope, work: (tx: never) => Promise<T>): Promise<T> =>
    withOutsideWork(() => transact(scope, work))

  return {
    db: { engine_name: source.engine, transact: withRetries as Db['transact'] },
    engine: {
      transact: (work, outside_work) =>
        (outside_work === 'throw' ? transact : withRetries)('engine', work as (tx: never) => ReturnType<typeof work>),
    },
    source,
    storage,
    outageAt: () => outage_at,
    inTransaction: () => transactionContext.getStore()?.done === false,
    counts,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

interface Attempt extends Omit<TxParts, 'context'> {
  readonly transactionContext: AsyncLocalStorage<{ done: boolean }>
}

/** One try of a transaction. */
async function runOnce<T>(
  { connection, scope, counts, transactionContext }: Attempt,
  work: (tx: never) => Promise<T>,
): Promise<T> {
  const context = { done: false }
  const { tx, before, after } = createTx({ connection, scope, counts, context })
  counts.transactions += 1
  counts.statements += 2
  // Sent ahead of the first statement without waiting: a failure shows at every statement behind it, and below.
  const began = connection.simple(beginStatement(scope))
  began.catch(() => {})
  let result: T
  try {
    result = await transactionContext.run(context, async () => {
      // Each scope's transaction type is chosen by the overloads of `Db` and `Engine`.
      const value = await work(tx as never)
      const hookResults = before.map((hook) => hook())
      await Promise.all([began, ...hookResults, connection.simple('commit')])
      return value
    })
  } catch (error) {
    await connection.simple('rollback').catch(() => {})
    throw error
  } finally {
    context.done = true
  }
  for (const hook of after) hook()
  return result
}

interface TxParts {
  readonly connection: Connection
  readonly scope: Scope
  readonly counts: Database['counts']
  /** Set once the transaction has ended. */
  readonly context: { readonly done: boolean }
}

function createTx({ connection, scope, counts, context }: TxParts) {
  const before: (() => Promise<void>)[] = []
  const after: (() => void)[] = []
  const query = (statement: Sql) => {
    invariant(!context.done, 'a statement was sent after its transaction had ended')
    counts.statements += 1
    return connection.query(statement)
  }
  const base: BaseTx = {
    rows: async <Row>(statement: Sql) => (await query(statement)).rows as Row[],
    row: async <Row>(statement: Sql) => (await query(statement)).rows[0] as Row | undefined,
    execute: async (statement) => (await query(statement)).row_count,
    beforeCommit: (work) => void before.push(work),
    afterCommit: (work) => void after.push(work),
  }
  if (scope === 'engine') return { tx: { ...base, kind: 'engine' as const }, before, after }
  if ('credential_hash' in scope) return { tx: { ...base, kind: 'credential' as const }, before, after }
  return { tx: { ...base, kind: 'tenant' as const, organization_id: scope.organization_id }, before, after }
}

/** Role and tenant are set in the transaction, in the same message that opens it. */
function beginStatement(scope: Scope): string {
  if (scope === 'engine') return engine_opening
  if ('credential_hash' in scope) {
    invariant(/^[0-9a-f]{64}$/.test(scope.credential_hash), 'a credential hash is 64 hexadecimal digits')
    return `${app_opening}; set local muster.credential_hash = '${scope.credential_hash}'`
  }
  invariant(isUuid(scope.organization_id), 'a tenant is a UUID')
  return `${app_opening}; set local muster.organization_id = '${scope.organization_id}'`
}
