import { limits } from '@muster/contract/limits'
import type { Caller } from '../caller.ts'
import { MusterError } from '../errors.ts'
import { callerIdOf } from '../principal.ts'
import type { Db, EngineTx, TenantTx, Tx } from './db.ts'
import { codeOf } from './failures.ts'
import { sql } from './sql.ts'

/**
 * Transactions of requests: each sees the caller's organization alone, and a POST with an `Idempotency-Key` has exactly
 * one effect (invariant 21). `work` returns the presented data, which is stored as the key's answer, so a handler must
 * derive status and headers from it alone.
 */
export interface RequestTransactions {
  read<T>(caller: Caller, work: (tx: TenantTx) => Promise<T>): Promise<T>
  write<T>(caller: Caller, work: (tx: TenantTx) => Promise<T>, secret?: ShownOnce<T>): Promise<T>
}

/** An answer that holds a secret and is given once: what is stored of it, and the error for a repeated request. */
export interface ShownOnce<T> {
  keep(data: T): unknown
  repeated(storedAnswer: unknown): Error
}

export function createRequestTransactions(db: Db): RequestTransactions {
  return {
    read: (caller, work) => db.transact({ organization_id: caller.organization_id }, work),
    write: (caller, work, secret) =>
      db.transact({ organization_id: caller.organization_id }, (tx) =>
        onceFor(tx, caller, { work: () => work(tx), secret }),
      ),
  }
}

/**
 * Does `work` once for the caller's idempotency key, in the caller's own transaction: its row is inserted first, so
 * that of two requests at the same time one waits, and the answer is stored with the write. Without a key it does
 * `work` each time.
 */
async function onceFor<T>(
  tx: Tx,
  caller: Caller,
  { work, secret }: { readonly work: () => Promise<T>; readonly secret: ShownOnce<T> | undefined },
): Promise<T> {
  const { idempotency } = caller
  if (idempotency === undefined) return work()
  const storedRequest = await claim(tx, caller, idempotency)
  if (storedRequest) {
    if (secret) throw secret.repeated(storedRequest.answer)
    idempotency.onReplayed?.()
    // It was stored by this operation for this very body, so it has this type.
    return storedRequest.answer as T
  }
  const data = await work()
  const answerJson = JSON.stringify(secret ? secret.keep(data) : data)
  await tx.execute(sql`
    update idempotency_keys set answer = ${answerJson}
    where organization_id = ${caller.organization_id} and principal_id = ${callerIdOf(caller.principal)} and key = ${idempotency.key}`)
  return data
}

/** Removes keys that have expired. */
export function removeOldIdempotencyKeys(tx: EngineTx): Promise<number> {
  return tx.execute(sql`
    delete from idempotency_keys where created_at < muster_now() - ${limits.idempotency_ms} * interval '1 millisecond'`)
}

interface StoredRequest {
  readonly operation: string
  readonly body_sha256: string
  readonly answer: unknown
}

/** Claims the key for this request; returns the stored answer where an earlier request has done the work. */
async function claim(
  tx: Tx,
  caller: Caller,
  idempotency: NonNullable<Caller['idempotency']>,
): Promise<StoredRequest | undefined> {
  if (await insert(tx, caller, idempotency)) return undefined
  const storedRequest = await tx.row<StoredRequest>(sql`
    select operation, body_sha256, answer from idempotency_keys
    where organization_id = ${caller.organization_id} and principal_id = ${callerIdOf(caller.principal)} and key = ${idempotency.key}`)
  if (storedRequest === undefined || storedRequest.answer === null) throw inFlight(idempotency.key)
  if (storedRequest.operation !== idempotency.operation || storedRequest.body_sha256 !== idempotency.body_sha256)
    throw new MusterError(
      'idempotency_mismatch',
      `The idempotency key ${idempotency.key} was already used for a different request.`,
      {
        field: 'Idempotency-Key',
        value: idempotency.key,
        remedy: 'Use a new key for a new request.',
      },
    )
  return storedRequest
}

/** Waits for the row of a transaction that still runs, up to the limit. */
async function insert(tx: Tx, caller: Caller, idempotency: NonNullable<Caller['idempotency']>): Promise<boolean> {
  try {
    await tx.row(sql`select set_config('lock_timeout', ${String(limits.idempotency_wait_ms)}, true)`)
    const insertedCount = await tx.execute(sql`
      insert into idempotency_keys as k (organization_id, principal_id, key, operation, body_sha256, answer)
      values (${caller.organization_id}, ${callerIdOf(caller.principal)}, ${idempotency.key}, ${idempotency.operation}, ${idempotency.body_sha256}, null)
      on conflict (organization_id, principal_id, key) do update
      set operation = excluded.operation, body_sha256 = excluded.body_sha256, answer = null, created_at = muster_now()
      where k.created_at < muster_now() - ${limits.idempotency_ms} * interval '1 millisecond'`)
    await tx.row(sql`select set_config('lock_timeout', '0', true)`)
    return insertedCount === 1
  } catch (error) {
    if (codeOf(error) === lock_not_available) throw inFlight(idempotency.key)
    throw error
  }
}

const lock_not_available = '55P03'

function inFlight(key: string): MusterError {
  return new MusterError('idempotency_in_flight', `A request with the idempotency key ${key} is still running.`, {
    value: key,
    retry_after_ms: limits.idempotency_wait_ms,
  })
}
