/** The purses of this process: calls draw from them in memory, and they are filled in the database. */
import { createBatcher } from '../../../platform/batcher.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { SliceAsk, SliceGrant, SliceRefusal } from '../../budgets/calls.port.ts'
import type { CallScopes } from '../gateway.port.ts'
import { type Amounts, drawn, emptyPurse, isLow, type Purse, type Slice, takeIdle, widened } from '../rules/purse.ts'

interface Call extends Amounts {
  readonly call_id: string
}

export interface Purses {
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

interface Filling extends Purse {
  waiting: Waiting[]
  /** Those that are being asked for. */
  asked: Waiting[]
  filling: boolean
}

const asks_max = 64
const scarce_ms = 1_000
const clock = (): number => performance.now()

export function createPurses(
  reserve: (asks: readonly SliceAsk[]) => Promise<readonly SliceGrant[]>,
  now: () => number = clock,
): Purses {
  const process_id = newId()
  const purses = new Map<string, Filling>()
  const filling = createBatcher<Filling, SliceGrant>({
    items_max: asks_max,
    isCommon: isCommonFailure,
    write: (asking) => reserve(asking.map((purse) => askOf(purse, process_id))),
  })

  async function fill(purse: Filling): Promise<void> {
    if (purse.filling) return
    purse.filling = true
    try {
      do {
        if (purse.waiting.length > 0 && purse.slices.length > 0) purse.width = widened(purse.width)
        const grant = await filling.add(purse)
        receive(purse, grant, now())
        serve(purse, now())
      } while (purse.waiting.length > 0)
    } catch (error) {
      for (const { reject } of [...purse.asked.splice(0), ...purse.waiting.splice(0)]) reject(error)
    } finally {
      purse.filling = false
    }
  }

  return {
    async draw(scopes, call, terms) {
      const key = `${scopes.organization_id} ${scopes.project_id} ${scopes.goal_id} ${scopes.agent_id}`
      const purse = purses.get(key) ?? { ...emptyPurse(scopes), waiting: [], asked: [], filling: false }
      purses.set(key, purse)
      const slice = purse.waiting.length > 0 ? undefined : drawn(purse, { amounts: call, terms, now: now() })
      if (!slice)
        return new Promise((resolve, reject) => {
          purse.waiting.push({ call, terms, resolve, reject })
          void fill(purse)
        })
      if (!purse.filling && now() >= purse.scarce_until && isLow(purse)) void fill(purse)
      return slice
    },
    retire({ scope_kind, scope_id }) {
      let found = false
      for (const { scopes, slices } of purses.values()) {
        if (!standsOn(scopes, scope_kind, scope_id)) continue
        for (const slice of slices) {
          found ||= !slice.retired && (slice.free.cost_micro_usd > 0 || slice.free.tokens > 0)
          slice.retired = true
        }
      }
      return found
    },
    takeIdle(idle_since) {
      const idle = [...purses.values()].flatMap((purse) => takeIdle(purse, idle_since))
      for (const [key, { slices, waiting, filling: busy }] of purses)
        if (slices.length === 0 && waiting.length === 0 && !busy) purses.delete(key)
      return idle
    },
    isEmpty: () => purses.size === 0,
  }
}

/** What a purse asks for now. What waits for an answer is asked for again where the first try has failed. */
function askOf(purse: Filling, process_id: string): SliceAsk {
  purse.asked.push(...purse.waiting.splice(0, asks_max - purse.asked.length))
  const calls = purse.asked.map(({ call }) => call)
  return { ...purse.scopes, slice_id: newId(), process_id, calls, more: purse.width, each: purse.each }
}

function receive(purse: Filling, { slice_id, terms, spare, refusals }: SliceGrant, now: number): void {
  const asked = purse.asked.splice(0)
  const out = asked.filter(({ call }) => !refusals.has(call.call_id)).length
  const isSpare = spare.cost_micro_usd > 0 || spare.tokens > 0
  if (!isSpare) purse.scarce_until = now + scarce_ms
  const { scopes } = purse
  const slice: Slice = { scopes, slice_id, terms, free: spare, out, used_at: now, retired: false, broken: false }
  if (out > 0 || isSpare) purse.slices.push(slice)
  for (const { call, resolve } of asked) resolve(refusals.get(call.call_id) ?? slice)
}

/** Those that came meanwhile draw from what is there now, in their order. */
function serve(purse: Filling, now: number): void {
  for (;;) {
    const [first] = purse.waiting
    const slice = first && drawn(purse, { amounts: first.call, terms: first.terms, now })
    if (!first || !slice) return
    purse.waiting.shift()
    first.resolve(slice)
  }
}

function standsOn(scopes: CallScopes, kind: SliceRefusal['scope_kind'], id: string): boolean {
  const { organization_id: organization, project_id: project, goal_id: goal, agent_id: agent } = scopes
  const ids: Readonly<Record<string, string | null>> = { organization, project, goal, agent }
  return ids[kind] === id
}
