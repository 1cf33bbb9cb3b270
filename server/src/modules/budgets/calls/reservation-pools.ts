/** The reservation pools of this process: calls draw from them in memory, and they are refilled in the database. */
import { createBatcher } from '../../../platform/batcher.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { ReservationAsk, ReservationGrant, ReservationRefusal } from '../calls.port.ts'
import type { CallScopes } from '../../gateway/gateway.port.ts'
import {
  type Amounts,
  drawReservation,
  emptyPool,
  isLow,
  nextWidth,
  type Reservation,
  type ReservationPool,
  takeIdle,
} from '../rules/reservation-pool.ts'

interface Call extends Amounts {
  readonly call_id: string
}

export interface ReservationPools {
  /**
   * The reservation that the call has drawn from, or why it is refused. Waits for the database only where no
   * reservation has enough.
   */
  draw(scopes: CallScopes, call: Call, budget_version: string): Promise<Reservation | ReservationRefusal>
  /** Retires the reservations on a scope; says whether there were any with room. */
  retire(scope: Pick<ReservationRefusal, 'scope_kind' | 'scope_id'>): boolean
  /** Takes out the reservations that nobody has used since then. */
  takeIdle(idle_since: number): readonly Reservation[]
  isEmpty(): boolean
}

interface WaitingCall {
  readonly call: Call
  readonly budget_version: string
  resolve(result: Reservation | ReservationRefusal): void
  reject(error: unknown): void
}

interface FillingPool extends ReservationPool {
  waiting: WaitingCall[]
  /** Calls whose request to the database is under way. */
  requested: WaitingCall[]
  filling: boolean
}

const asks_max = 64
const scarce_ms = 1_000
const clock = (): number => performance.now()

export function createReservationPools(
  reserve: (asks: readonly ReservationAsk[]) => Promise<readonly ReservationGrant[]>,
  now: () => number = clock,
): ReservationPools {
  const process_id = newId()
  const pools = new Map<string, FillingPool>()
  const batcher = createBatcher<FillingPool, ReservationGrant>({
    items_max: asks_max,
    isCommon: isCommonFailure,
    write: (pools) => reserve(pools.map((pool) => askOf(pool, process_id))),
  })

  async function fill(pool: FillingPool): Promise<void> {
    if (pool.filling) return
    pool.filling = true
    try {
      do {
        if (pool.waiting.length > 0 && pool.reservations.length > 0) pool.width = nextWidth(pool.width)
        const grant = await batcher.add(pool)
        receive(pool, grant, now())
        serve(pool, now())
      } while (pool.waiting.length > 0)
    } catch (error) {
      for (const { reject } of [...pool.requested.splice(0), ...pool.waiting.splice(0)]) reject(error)
    } finally {
      pool.filling = false
    }
  }

  return {
    async draw(scopes, call, budget_version) {
      const key = `${scopes.organization_id} ${scopes.project_id} ${scopes.goal_id} ${scopes.agent_id}`
      const pool = pools.get(key) ?? { ...emptyPool(scopes), waiting: [], requested: [], filling: false }
      pools.set(key, pool)
      const reservation =
        pool.waiting.length > 0 ? undefined : drawReservation(pool, { amounts: call, budget_version, now: now() })
      if (!reservation)
        return new Promise((resolve, reject) => {
          pool.waiting.push({ call, budget_version, resolve, reject })
          void fill(pool)
        })
      if (!pool.filling && now() >= pool.scarce_until && isLow(pool)) void fill(pool)
      return reservation
    },
    retire({ scope_kind, scope_id }) {
      let hasFreeAmounts = false
      for (const { scopes, reservations } of pools.values()) {
        if (!standsOn(scopes, scope_kind, scope_id)) continue
        for (const reservation of reservations) {
          hasFreeAmounts ||=
            !reservation.retired && (reservation.free.cost_micro_usd > 0 || reservation.free.tokens > 0)
          reservation.retired = true
        }
      }
      return hasFreeAmounts
    },
    takeIdle(idle_since) {
      const idle = [...pools.values()].flatMap((pool) => takeIdle(pool, idle_since))
      for (const [key, { reservations, waiting, filling: busy }] of pools)
        if (reservations.length === 0 && waiting.length === 0 && !busy) pools.delete(key)
      return idle
    },
    isEmpty: () => pools.size === 0,
  }
}

/** The next request of a pool. Calls whose first request failed are asked for again. */
function askOf(pool: FillingPool, process_id: string): ReservationAsk {
  pool.requested.push(...pool.waiting.splice(0, asks_max - pool.requested.length))
  const calls = pool.requested.map(({ call }) => call)
  return { ...pool.scopes, reservation_id: newId(), process_id, calls, more: pool.width, each: pool.each }
}

function receive(
  pool: FillingPool,
  { reservation_id, budget_version, spare, refusals }: ReservationGrant,
  now: number,
): void {
  const waitingCalls = pool.requested.splice(0)
  const out = waitingCalls.filter(({ call }) => !refusals.has(call.call_id)).length
  const isSpare = spare.cost_micro_usd > 0 || spare.tokens > 0
  if (!isSpare) pool.scarce_until = now + scarce_ms
  const { scopes } = pool
  const reservation: Reservation = {
    scopes,
    reservation_id,
    budget_version,
    free: spare,
    out,
    used_at: now,
    retired: false,
    broken: false,
  }
  if (out > 0 || isSpare) pool.reservations.push(reservation)
  for (const { call, resolve } of waitingCalls) resolve(refusals.get(call.call_id) ?? reservation)
}

/** Serves waiting calls in their order from the reservations that are there now. */
function serve(pool: FillingPool, now: number): void {
  for (;;) {
    const [first] = pool.waiting
    const reservation =
      first && drawReservation(pool, { amounts: first.call, budget_version: first.budget_version, now })
    if (!first || !reservation) return
    pool.waiting.shift()
    first.resolve(reservation)
  }
}

function standsOn(scopes: CallScopes, kind: ReservationRefusal['scope_kind'], id: string): boolean {
  const { organization_id: organization, project_id: project, goal_id: goal, agent_id: agent } = scopes
  const ids: Readonly<Record<string, string | null>> = { organization, project, goal, agent }
  return ids[kind] === id
}
