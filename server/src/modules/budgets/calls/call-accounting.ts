/** Holds for calls of models out of reservations, and charges them (`CallAccounting`). */
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine, EngineTx } from '../../../platform/db/db.ts'
import { invariant, MusterError } from '../../../platform/errors.ts'
import { killPoint } from '../../../platform/kill-points.ts'
import type { Log } from '../../../platform/log.ts'
import { type ChangeBalances, chargeUsage, type UsageCharges } from '../balances.service.ts'
import type {
  Amounts,
  CallAccounting,
  CallAccountingOptions,
  CallEnding,
  CallHold,
  LostReservation,
} from '../budgets.port.ts'
import type { HoldRef, ReservationGrant, ReservationRefusal, ReservationRequest } from '../budgets.types.ts'
import { chargeLostReservations } from '../operations/charge-lost-reservations.ts'
import { reserve } from '../operations/reserve.ts'
import { fits, no_amounts } from '../rules/amounts.ts'
import type { Reservation } from '../rules/reservation-pool.ts'
import { holdsStore } from '../store/holds.store.ts'
import { createKeyLimits } from './key-limits.ts'
import { createReservationPools, type ReservationPools } from './reservation-pools.ts'
import { createBatchWriter, settlementOf } from './usage-batch.ts'
import { createUsageBuffer } from './usage-buffer.ts'
import { createUsageTimer, type UsageTimer } from './usage-timer.ts'

/** What of calls is written, each in the caller's transaction. */
export interface CallLedger {
  reserve(tx: EngineTx, requests: readonly ReservationRequest[]): Promise<readonly ReservationGrant[]>
  /** Ids of the reservations that are still this process's, locked until the transaction ends. */
  open(tx: EngineTx, reservations: readonly HoldRef[]): Promise<ReadonlySet<string>>
  charge(tx: EngineTx, charges: UsageCharges): Promise<void>
  chargeLost(tx: EngineTx, limit: number): Promise<readonly LostReservation[]>
}

export function createCallLedger(change: ChangeBalances): CallLedger {
  return {
    reserve: (tx, requests) => reserve(change, tx, requests),
    open: async (tx, reservations) =>
      new Set(reservations.length > 0 ? await holdsStore.lockReservations(tx, reservations) : []),
    charge: (tx, charges) => chargeUsage(change, tx, charges),
    chargeLost: (tx, limit) => chargeLostReservations(change, tx, limit),
  }
}

export interface AccountingOptions<Call extends CallHold = CallHold, Ending extends CallEnding = CallEnding>
  extends CallAccountingOptions<Call, Ending> {
  readonly engine: Engine
  readonly log: Log
  readonly ledger: CallLedger
}

const chargeAfterHold = killPoint('budgets.charge.after_hold')

const lost_max = 500
/** Waits for reservations that other processes may release: together a little longer than they keep unused ones. */
const waits_ms: readonly number[] = [50, 100, 200, 400, 700]

/** Gives `rows` what it was given: its own calls and endings, of which it reads what all have. */
export function createCallAccounting<Call extends CallHold, Ending extends CallEnding>(
  options: AccountingOptions<Call, Ending>,
): CallAccounting<Call, Ending> {
  const { engine, log, ledger } = options
  const pools = createReservationPools((requests) => engine.transact((tx) => ledger.reserve(tx, requests)))
  const buffer = createUsageBuffer(pools)
  const timer = createUsageTimer({ buffer, pools, log, write: createBatchWriter(options, buffer) })
  return {
    countCall: createKeyLimits(),
    async hold(call, run_budget) {
      const { cost_micro_usd, tokens } = call.held
      invariant(cost_micro_usd >= 0 && tokens >= 0, 'no call gives a budget more than it had')
      if (run_budget?.hold(call.held) === false) throw runBudgetExceeded(call.held)
      const reservation = await draw({ ...options, pools, timer }, call).catch((refusal: unknown) => {
        run_budget?.settle(call.held, no_amounts)
        throw refusal
      })
      buffer.begin({ call, reservation, run_budget })
      timer.hasten()
      chargeAfterHold()
    },
    async settle(ending) {
      const entry = buffer.end(ending)
      if (!entry) return
      entry.run_budget?.settle(entry.call.held, ending.used)
      timer.hasten()
      // A cost above the hold may close a limit, which the next call has to see.
      if (!fits(ending.used, entry.call.held)) await timer.writeDue()
    },
    flush: timer.writeAll,
    async sweep() {
      // This process's own calls are written first, so that they do not count as lost.
      await timer.writeAll()
      await engine.transact((tx) => sweepCalls(options, tx))
      await engine.transact((tx) => sweepReservations(options, tx))
    },
    [Symbol.asyncDispose]: () => timer[Symbol.asyncDispose](),
  }
}

interface DrawDependencies extends Pick<AccountingOptions, 'budgetVersion'> {
  readonly pools: ReservationPools
  readonly timer: UsageTimer
}

/**
 * Before a call is refused this process releases its other reservations of the limit, and waits for those of other
 * processes.
 */
async function draw({ budgetVersion, pools, timer }: DrawDependencies, call: CallHold): Promise<Reservation> {
  const tryDraw = async (): Promise<Reservation | ReservationRefusal> => pools.draw(call, await budgetVersion(call))
  let drawResult = await tryDraw()
  if (isRefusal(drawResult) && pools.retire(drawResult)) {
    await timer.writeDue()
    drawResult = await tryDraw()
  }
  for (const wait_ms of waits_ms) {
    if (!isRefusal(drawResult)) return drawResult
    if (!drawResult.may_come_back) break
    await delay(wait_ms)
    drawResult = await tryDraw()
  }
  if (isRefusal(drawResult)) throw budgetExceeded(drawResult, call.held)
  return drawResult
}

const isRefusal = (result: Reservation | ReservationRefusal): result is ReservationRefusal => 'limit_id' in result

async function sweepCalls({ ledger, rows }: AccountingOptions, tx: EngineTx): Promise<void> {
  const lostCalls = await rows.lose(tx, lost_max)
  if (lostCalls.length === 0) return
  const settled = lostCalls.map((call) => settlementOf(call, undefined))
  await ledger.charge(tx, { spent: [], kept: [], settled, released: [], closed: [] })
}

/** Charges reservations of dead processes: one row stands for all calls that may have been made out of one. */
async function sweepReservations({ ledger, rows }: AccountingOptions, tx: EngineTx): Promise<void> {
  const lostReservations = await ledger.chargeLost(tx, lost_max)
  if (lostReservations.length > 0) await rows.insertLost(tx, lostReservations)
}

function budgetExceeded(
  { limit_id, scope_kind, scope_id }: ReservationRefusal,
  { cost_micro_usd, tokens }: Amounts,
): MusterError {
  return new MusterError(
    'budget_exceeded',
    `Budget limit of ${scope_kind} ${scope_id} reached: this call can cost up to ${cost_micro_usd} micro-USD and ${tokens} tokens.`,
    { budget_id: limit_id, remedy: 'Request fewer output tokens, raise the budget, or wait until it resets.' },
  )
}

function runBudgetExceeded({ cost_micro_usd, tokens }: Amounts): MusterError {
  return new MusterError(
    'budget_exceeded',
    `Run budget reached: this call can cost up to ${cost_micro_usd} micro-USD and ${tokens} tokens.`,
    { remedy: 'Raise the budget of the task or agent, or request fewer output tokens.' },
  )
}
