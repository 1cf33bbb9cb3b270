/** The reservation pools of this process: calls draw from them in memory, and they are refilled in the database. */
import { createBatcher } from '../../../platform/concurrency/batcher.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { CallHold, SpendScopes } from '../budgets.port.ts'
import { scopesIn } from '../budgets.rules.ts'
import type { ReservationGrant, ReservationRefusal, ReservationRequest } from '../budgets.types.ts'
import { spends } from '../rules/amounts.ts'
import {
  drawReservation,
  emptyPool,
  isLow,
  nextWidth,
  type Reservation,
  type ReservationPool,
  takeIdle,
} from '../rules/reservation-pool.ts'

export interface ReservationPools {
  /**
   * The reservation that the call has drawn from, or why it is refused. Waits for the database only where no
   * reservation has enough.
   */
  draw(call: CallHold, budget_version: string): Promise<Reservation | ReservationRefusal>
  /** Retires the reservations on a scope; says whether there were any with room. */
  retire(scope: Pick<ReservationRefusal, 'scope_kind' | 'scope_id'>): boolean
  /** Takes out the reservations that nobody has used since then. */
  takeIdle(idle_since: number): readonly Reservation[]
  isEmpty(): boolean
}

interface WaitingCall {
  readonly call: CallHold
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

type Fill = (pool: FillingPool) => Promise<void>

const calls_max = 64
const scarce_ms = 1_000

export function createReservationPools(
  reserve: (requests: readonly ReservationRequest[]) => Promise<readonly ReservationGrant[]>,
): ReservationPools {
  const pools = new Map<string, FillingPool>()
  const fill = createFill(reserve)
  return {
    async draw(call, budget_version) {
      const pool = poolOf(pools, call)
      if (pool.waiting.length > 0) return waitForReservation(fill, pool, { call, budget_version })
      const now = performance.now()
      const reservation = drawReservation(pool, { held: call.held, budget_version, now })
      if (!reservation) return waitForReservation(fill, pool, { call, budget_version })
      if (!pool.filling && now >= pool.scarce_until && isLow(pool)) void fill(pool)
      return reservation
    },
    retire({ scope_kind, scope_id }) {
      const reservations = [...pools.values()]
        .filter(({ scopes }) => standsOn(scopes, scope_kind, scope_id))
        .flatMap((pool) => pool.reservations)
      const hasRoom = reservations.some(({ retired, free }) => !retired && spends(free))
      for (const reservation of reservations) reservation.retired = true
      return hasRoom
    },
    takeIdle(idle_since) {
      const idle = [...pools.values()].flatMap((pool) => takeIdle(pool, idle_since))
      for (const [key, { reservations, waiting, filling }] of pools)
        if (reservations.length === 0 && waiting.length === 0 && !filling) pools.delete(key)
      return idle
    },
    isEmpty: () => pools.size === 0,
  }
}

/** Calls with the same scopes draw from one pool. */
function poolOf(pools: Map<string, FillingPool>, call: CallHold): FillingPool {
  const key = `${call.organization_id} ${call.project_id} ${call.goal_id} ${call.agent_id}`
  const existingPool = pools.get(key)
  if (existingPool) return existingPool
  const pool = { ...emptyPool(scopesIn(call)), waiting: [], requested: [], filling: false }
  pools.set(key, pool)
  return pool
}

function waitForReservation(
  fill: Fill,
  pool: FillingPool,
  call: Pick<WaitingCall, 'call' | 'budget_version'>,
): Promise<Reservation | ReservationRefusal> {
  return new Promise((resolve, reject) => {
    pool.waiting.push({ ...call, resolve, reject })
    void fill(pool)
  })
}

/** Refills a pool until no call of it waits. Pools that are filled at once share a transaction. */
function createFill(reserve: (requests: readonly ReservationRequest[]) => Promise<readonly ReservationGrant[]>): Fill {
  const process_id = newId()
  const batcher = createBatcher<FillingPool, ReservationGrant>({
    items_max: calls_max,
    isCommon: isCommonFailure,
    write: (pools) => reserve(pools.map((pool) => requestOf(pool, process_id))),
  })
  return async (pool) => {
    if (pool.filling) return
    pool.filling = true
    try {
      do {
        if (pool.waiting.length > 0 && pool.reservations.length > 0) pool.width = nextWidth(pool.width)
        const grant = await batcher.add(pool)
        receive(pool, grant, performance.now())
        serve(pool, performance.now())
      } while (pool.waiting.length > 0)
    } catch (error) {
      // Each of the calls that wait throws it.
      for (const { reject } of [...pool.requested.splice(0), ...pool.waiting.splice(0)]) reject(error)
    } finally {
      pool.filling = false
    }
  }
}

/** The next request of a pool. Calls whose first request failed are asked for again. */
function requestOf(pool: FillingPool, process_id: string): ReservationRequest {
  pool.requested.push(...pool.waiting.splice(0, calls_max - pool.requested.length))
  const calls = pool.requested.map(({ call }) => call)
  return { ...pool.scopes, id: newId(), process_id, calls, more: pool.width, each: pool.each }
}

function receive(pool: FillingPool, { id, budget_version, spare, refusals }: ReservationGrant, now: number): void {
  const waitingCalls = pool.requested.splice(0)
  const out = waitingCalls.filter(({ call }) => !refusals.has(call.id)).length
  if (!spends(spare)) pool.scarce_until = now + scarce_ms
  const { scopes } = pool
  const life = { used_at: now, retired: false, broken: false }
  const reservation: Reservation = { scopes, id, budget_version, free: spare, out, ...life }
  if (out > 0 || spends(spare)) pool.reservations.push(reservation)
  for (const { call, resolve } of waitingCalls) resolve(refusals.get(call.id) ?? reservation)
}

/** Serves waiting calls in their order from the reservations that are there now. */
function serve(pool: FillingPool, now: number): void {
  for (;;) {
    const [first] = pool.waiting
    const reservation =
      first && drawReservation(pool, { held: first.call.held, budget_version: first.budget_version, now })
    if (!first || !reservation) return
    pool.waiting.shift()
    first.resolve(reservation)
  }
}

function standsOn(scopes: SpendScopes, kind: ReservationRefusal['scope_kind'], id: string): boolean {
  const { organization_id: organization, project_id: project, goal_id: goal, agent_id: agent } = scopes
  const ids: Readonly<Record<string, string | null>> = { organization, project, goal, agent }
  return ids[kind] === id
}
