/** Writes usage in batches: in one transaction the rows of all calls that began or ended since the last, and their charges. */
import type { Engine, EngineTx } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { invariant } from '../../../platform/errors.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { Log } from '../../../platform/log.ts'
import type { UsageCharges } from '../balances.service.ts'
import type { CallEnding, CallHold, CallRows } from '../budgets.port.ts'
import type { HoldRef, HoldSettlement } from '../budgets.types.ts'
import { no_amounts, spends } from '../rules/amounts.ts'
import type { Reservation } from '../rules/reservation-pool.ts'
import { type Entry, entries_max, type UsageBatch, type UsageBuffer } from './usage-buffer.ts'

export interface UsageBatchOptions {
  readonly engine: Engine
  readonly log: Log
  readonly rows: CallRows<CallHold, CallEnding>
  readonly ledger: {
    /** Ids of the reservations that are still this process's, locked until the transaction ends. */
    open(tx: EngineTx, reservations: readonly HoldRef[]): Promise<ReadonlySet<string>>
    charge(tx: EngineTx, charges: UsageCharges): Promise<void>
  }
}

const chargeKillPoint = commitKillPoints('budgets.charge')

/** Writes the next batch of the buffer, what is due or everything; says whether more is waiting. */
export function createBatchWriter(
  options: UsageBatchOptions,
  buffer: UsageBuffer,
): (isAll: boolean) => Promise<boolean> {
  const { engine, log } = options

  async function write(batch: UsageBatch): Promise<void> {
    buffer.markWritten(batch, await engine.transact((tx) => writeBatch(options, tx, batch)))
  }

  /** A bad entry does not keep the others from being written; its reservation or row ends as lost. */
  async function writeSingly(batch: UsageBatch): Promise<void> {
    buffer.putBack({ ...batch, spent: [], finished: [] })
    const none = { ...batch, kept: [], closed: [], spent: [], finished: [] }
    const singles = [
      ...batch.spent.map((entry) => ({ entry, one: { ...none, spent: [entry] } })),
      ...batch.finished.map((entry) => ({ entry, one: { ...none, finished: [entry] } })),
    ]
    for (const { entry, one } of singles)
      await write(one).catch((err: unknown) => {
        if (isCommonFailure(err)) return buffer.putBack(one)
        entry.reservation.broken = true
        log.error({ err, attempt_id: entry.call.id }, 'an attempt could not be saved; its reservation is charged')
      })
  }

  return async (isAll) => {
    const batch = buffer.takeBatch(isAll)
    const { spent, kept, finished, closed } = batch
    if (spent.length + kept.length + finished.length + closed.length === 0) return false
    try {
      await write(batch)
    } catch (err) {
      if (isCommonFailure(err) || spent.length + finished.length === 0) {
        buffer.putBack(batch)
        throw err
      }
      log.error({ err }, 'a batch of usage could not be saved; retrying its entries one by one')
      await writeSingly(batch)
    }
    return [spent.length + finished.length, isAll ? kept.length : 0].some((count) => count >= entries_max)
  }
}

/** Returns the ids of reservations that had been charged as lost: they have paid for their calls. */
async function writeBatch(
  { ledger, rows }: UsageBatchOptions,
  tx: EngineTx,
  batch: UsageBatch,
): Promise<ReadonlySet<string>> {
  chargeKillPoint(tx)
  const reservations = new Map(
    [...batch.spent, ...batch.kept].map(({ reservation }) => [reservation.id, refOf(reservation)]),
  )
  const openIds = await ledger.open(tx, [...reservations.values()])
  const isOpen = ({ reservation }: Entry): boolean => openIds.has(reservation.id)
  const spentCalls = batch.spent.map((entry) => endedCallOf(entry, isOpen(entry)))
  const keptCalls = batch.kept.filter(isOpen).map((entry) => keptCallOf(entry, batch.now))
  const endings = batch.finished.flatMap(({ ending }) => ending ?? [])
  // The batch of a transaction whose commit was not confirmed is written again: rows that exist are left out.
  const [newSpentIds, newKeptIds, endedCalls] = await Promise.all([
    spentCalls.length > 0 ? rows.insertEnded(tx, spentCalls.map(rowOf)) : [],
    keptCalls.length > 0 ? rows.insert(tx, keptCalls) : [],
    endings.length > 0 ? rows.end(tx, endings) : [],
  ])
  const newIds = new Set([...newSpentIds, ...newKeptIds])
  await ledger.charge(tx, {
    spent: spentCalls.filter(({ id, isOpen }) => isOpen && newIds.has(id)),
    kept: keptCalls.filter(({ id }) => newIds.has(id)),
    ...endingsOf(endedCalls, new Map(endings.map((ending) => [ending.id, ending]))),
    closed: batch.closed.map(refOf),
  })
  return new Set([...reservations.keys()].filter((id) => !openIds.has(id)))
}

const refOf = ({ id, scopes: { organization_id } }: Reservation): HoldRef => ({ organization_id, id })

function endedCallOf({ call, reservation, ending }: Entry, isOpen: boolean) {
  invariant(ending, 'a call that is spent has ended')
  return { ...call, ...ending, reservation_id: reservation.id, age_ms: ending.total_ms, isOpen }
}

function keptCallOf({ call, reservation, begun_at }: Entry, now: number) {
  return { ...call, reservation_id: reservation.id, age_ms: Math.round(now - begun_at) }
}

/** A reservation that was charged as lost has paid for its calls. */
function rowOf(call: ReturnType<typeof endedCallOf>) {
  return call.isOpen ? call : { ...call, used: no_amounts }
}

/** Turns the holds of calls that were live into charges, or releases them where nothing was used. */
function endingsOf(
  calls: readonly CallHold[],
  endingById: ReadonlyMap<string, CallEnding>,
): Pick<UsageCharges, 'settled' | 'released'> {
  const isCharged = ({ id }: CallHold): boolean => {
    const ending = endingById.get(id)
    return !ending?.usage_known || spends(ending.used)
  }
  return {
    settled: calls.filter(isCharged).map((call) => settlementOf(call, endingById.get(call.id))),
    released: calls.filter((call) => !isCharged(call)),
  }
}

/** Without a known usage the charge is what was held, whether or not a limit made anybody write the hold down. */
export function settlementOf(call: CallHold, ending: CallEnding | undefined): HoldSettlement {
  return { ...call, source: 'call', usage: ending?.usage_known ? ending.used : undefined }
}
