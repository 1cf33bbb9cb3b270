/** The stocks of this process: calls draw from them in memory, and they are filled in the database. */
import { createBatcher } from '../../../platform/batcher.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { SliceAsk, SliceGrant, SliceRefusal } from '../../budgets/calls.port.ts'
import type { CallScopes } from '../gateway.port.ts'
import { type Amounts, drawn, emptyStock, isLow, type Slice, type Stock, takeIdle, widened } from '../rules/stock.ts'

interface Call extends Amounts {
  readonly call_id: string
}

export interface Stocks {
  /** A slice that holds for the call, or why none does. Waits for the database only where no slice has enough. */
  draw(scopes: CallScopes, call: Call, terms: string): Promise<Slice | SliceRefusal>
  /** Lets nobody draw any more from what stands on a scope; says whether there was anything. */
  retire(scope: Pick<SliceRefusal, 'scope_kind' | 'scope_id'>): boolean
  /** Takes out the slices that nobody has used since then. */
  takeIdle(idle_since: number): readonly Slice[]
  isEmpty(): boolean
}

interface Waiting {
  readonly call: Call
  readonly terms: string
  resolve(drawn: Slice | SliceRefusal): void
  reject(error: unknown): void
}

interface Filling extends Stock {
  waiting: Waiting[]
  /** Those that are being asked for. */
  asked: Waiting[]
  filling: boolean
}

const asks_max = 64
const scarce_ms = 1_000
const clock = (): number => performance.now()

export function createStocks(
  reserve: (asks: readonly SliceAsk[]) => Promise<readonly SliceGrant[]>,
  now: () => number = clock,
): Stocks {
  const process_id = newId()
  const stocks = new Map<string, Filling>()
  const filling = createBatcher<Filling, SliceGrant>({
    items_max: asks_max,
    isCommon: isCommonFailure,
    write: (asking) => reserve(asking.map((stock) => askOf(stock, process_id))),
  })

  async function fill(stock: Filling): Promise<void> {
    if (stock.filling) return
    stock.filling = true
    try {
      do {
        if (stock.waiting.length > 0 && stock.slices.length > 0) stock.width = widened(stock.width)
        const grant = await filling.add(stock)
        receive(stock, grant, now())
        serve(stock, now())
      } while (stock.waiting.length > 0)
    } catch (error) {
      for (const { reject } of [...stock.asked.splice(0), ...stock.waiting.splice(0)]) reject(error)
    } finally {
      stock.filling = false
    }
  }

  return {
    async draw(scopes, call, terms) {
      const key = `${scopes.organization_id} ${scopes.project_id} ${scopes.goal_id} ${scopes.agent_id}`
      const stock = stocks.get(key) ?? { ...emptyStock(scopes), waiting: [], asked: [], filling: false }
      stocks.set(key, stock)
      const slice = stock.waiting.length > 0 ? undefined : drawn(stock, { amounts: call, terms, now: now() })
      if (!slice)
        return new Promise((resolve, reject) => {
          stock.waiting.push({ call, terms, resolve, reject })
          void fill(stock)
        })
      if (!stock.filling && now() >= stock.scarce_until && isLow(stock)) void fill(stock)
      return slice
    },
    retire({ scope_kind, scope_id }) {
      let found = false
      for (const { scopes, slices } of stocks.values()) {
        if (!standsOn(scopes, scope_kind, scope_id)) continue
        for (const slice of slices) {
          found ||= !slice.retired && (slice.free.cost_micro_usd > 0 || slice.free.tokens > 0)
          slice.retired = true
        }
      }
      return found
    },
    takeIdle(idle_since) {
      const idle = [...stocks.values()].flatMap((stock) => takeIdle(stock, idle_since))
      for (const [key, { slices, waiting, filling: busy }] of stocks)
        if (slices.length === 0 && waiting.length === 0 && !busy) stocks.delete(key)
      return idle
    },
    isEmpty: () => stocks.size === 0,
  }
}

/** What a stock asks for now. What waits for an answer is asked for again where the first try has failed. */
function askOf(stock: Filling, process_id: string): SliceAsk {
  stock.asked.push(...stock.waiting.splice(0, asks_max - stock.asked.length))
  const calls = stock.asked.map(({ call }) => call)
  return { ...stock.scopes, slice_id: newId(), process_id, calls, more: stock.width, each: stock.each }
}

function receive(stock: Filling, { slice_id, terms, spare, refusals }: SliceGrant, now: number): void {
  const asked = stock.asked.splice(0)
  const out = asked.filter(({ call }) => !refusals.has(call.call_id)).length
  const isSpare = spare.cost_micro_usd > 0 || spare.tokens > 0
  if (!isSpare) stock.scarce_until = now + scarce_ms
  const { scopes } = stock
  const slice: Slice = { scopes, slice_id, terms, free: spare, out, used_at: now, retired: false, broken: false }
  if (out > 0 || isSpare) stock.slices.push(slice)
  for (const { call, resolve } of asked) resolve(refusals.get(call.call_id) ?? slice)
}

/** Those that came meanwhile draw from what is there now, in their order. */
function serve(stock: Filling, now: number): void {
  for (;;) {
    const [first] = stock.waiting
    const slice = first && drawn(stock, { amounts: first.call, terms: first.terms, now })
    if (!first || !slice) return
    stock.waiting.shift()
    first.resolve(slice)
  }
}

function standsOn(scopes: CallScopes, kind: SliceRefusal['scope_kind'], id: string): boolean {
  const { organization_id: organization, project_id: project, goal_id: goal, agent_id: agent } = scopes
  const ids: Readonly<Record<string, string | null>> = { organization, project, goal, agent }
  return ids[kind] === id
}
