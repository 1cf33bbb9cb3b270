/**
 * Admits attempts and charges them exactly (`Accounting`). Before its request leaves, an attempt is held for in a
 * reservation that this process has made in the database; the attempt is written and charged later, in a batch.
 * docs/decisions/0004-reservations.md says why.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineTx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { killPoint } from '../../../platform/kill-points.ts'
import type { BudgetsPort } from '../budgets.port.ts'
import type { CallsPort, ReservationRefusal } from '../calls.port.ts'
import type { CallScopes } from '../../gateway/gateway.port.ts'
import type { Reservation } from '../rules/reservation-pool.ts'
import { attemptsStore, type EndedAttempt, type NewAttempt } from '../../gateway/store/attempts.store.ts'
import { type CallAdmission, createCallAdmission, type KeyedCall } from '../../gateway/calls/call-admission.ts'
import { createReservationPools, type ReservationPools } from './reservation-pools.ts'
import { settlementOf } from './usage-batch.ts'
import { createUsageWriter, type UsageWriter, type UsageWriterOptions } from './usage-writer.ts'

export interface AccountingOptions extends Pick<UsageWriterOptions, 'engine' | 'log'> {
  readonly budgets: Pick<BudgetsPort, 'settle'> & { readonly calls: CallsPort }
}

const chargeAfterHold = killPoint('gateway.charge.after_hold')

const lost_max = 500
/** Waits for reservations that other processes may release: together a little longer than they keep unused ones. */
const waits_ms: readonly number[] = [50, 100, 200, 400, 700]

export interface Accounting extends AsyncDisposable {
  /** Throws `unauthenticated` for a revoked key. An attempt that begins at once shares the read. */
  checkKey(key: Pick<KeyedCall, 'organization_id' | 'key_id'>): Promise<void>
  /** For a call that is answered without an attempt. Throws `stopped` where an emergency stop is in force. */
  admit(scopes: CallScopes): Promise<void>
  /** Throws `budget_exceeded`, and `stopped` where an emergency stop is in force. */
  begin(attempt: NewAttempt): Promise<void>
  /** The charge follows within moments; it is waited for where the attempt cost more than was held. */
  end(attempt: EndedAttempt): Promise<void>
  /** Writes everything that waits, and releases all reservations. */
  flush(): Promise<void>
  /** Charges the holds and reservations of processes that are gone. It may run twice. */
  sweep(): Promise<void>
}

export function createAccounting(options: AccountingOptions): Accounting {
  const { engine, budgets } = options
  const callAdmission = createCallAdmission(options)
  const pools = createReservationPools((asks) => engine.transact((tx) => budgets.calls.reserve(tx, asks)))
  const writer = createUsageWriter({ ...options, pools })
  return {
    checkKey: callAdmission.checkKey,
    admit: async (scopes) => void (await callAdmission.of({ ...scopes, key_id: null })),
    async begin(attempt) {
      writer.beginAttempt(attempt, await draw({ callAdmission, pools, writer }, attempt))
      chargeAfterHold()
    },
    end: writer.endAttempt,
    flush: writer.flush,
    async sweep() {
      // This process's own attempts are written first, so that they do not count as lost.
      await writer.flush()
      await engine.transact((tx) => sweepAttempts(options, tx))
      await engine.transact((tx) => sweepReservations(options, tx))
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

interface DrawDependencies {
  readonly callAdmission: CallAdmission
  readonly pools: ReservationPools
  readonly writer: UsageWriter
}

/**
 * Before a call is refused this process releases its other reservations of the limit, and waits for those of other
 * processes.
 */
async function draw({ callAdmission, pools, writer }: DrawDependencies, attempt: NewAttempt): Promise<Reservation> {
  const { id: call_id, held_micro_usd: cost_micro_usd, held_tokens: tokens } = attempt
  const { organization_id, project_id, goal_id, agent_id } = attempt
  const scopes = { organization_id, project_id, goal_id, agent_id }
  const tryDraw = async (): Promise<Reservation | ReservationRefusal> =>
    pools.draw(scopes, { call_id, cost_micro_usd, tokens }, await callAdmission.of(attempt))
  let drawResult = await tryDraw()
  if (isRefusal(drawResult) && pools.retire(drawResult)) {
    await writer.release()
    drawResult = await tryDraw()
  }
  for (const wait_ms of waits_ms) {
    if (!isRefusal(drawResult)) return drawResult
    if (!drawResult.may_come_back) break
    await delay(wait_ms)
    drawResult = await tryDraw()
  }
  if (isRefusal(drawResult)) throw budgetExceeded(drawResult, attempt)
  return drawResult
}

const isRefusal = (result: Reservation | ReservationRefusal): result is ReservationRefusal => 'limit_id' in result

async function sweepAttempts({ budgets }: AccountingOptions, tx: EngineTx): Promise<void> {
  const lostAttempts = await attemptsStore.lose(tx, lost_max)
  await budgets.settle(
    tx,
    lostAttempts.map((attempt) => settlementOf(attempt, undefined)),
  )
}

/** Charges reservations of dead processes: one row stands for all calls that may have been made out of one. */
async function sweepReservations({ budgets }: AccountingOptions, tx: EngineTx): Promise<void> {
  const lostReservations = await budgets.calls.lose(tx, lost_max)
  if (lostReservations.length > 0) await attemptsStore.insertLost(tx, lostReservations)
}

function budgetExceeded({ limit_id, scope_kind, scope_id }: ReservationRefusal, attempt: NewAttempt): MusterError {
  const { held_micro_usd, held_tokens } = attempt
  return new MusterError(
    'budget_exceeded',
    `Budget limit of ${scope_kind} ${scope_id} reached: this call can cost up to ${held_micro_usd} micro-USD and ${held_tokens} tokens.`,
    { budget_id: limit_id, remedy: 'Request fewer output tokens, raise the budget, or wait until it resets.' },
  )
}
