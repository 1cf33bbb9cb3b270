import type { EventType } from '@muster/contract/events'
import type { Engine, EngineTx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { invariant } from '../errors.ts'
import type { Log } from '../log.ts'
import type { JournalEvent } from './events.ts'
import { read } from './reader.ts'
import type { SealedSignal } from './sealed-signal.ts'

/** The effect of events, in the transaction that also moves the cursor: done once, however often it is tried. */
export type Handler = (tx: EngineTx, organization_id: string, events: readonly JournalEvent[]) => Promise<void>

export interface Listeners extends AsyncDisposable {
  /** Adds a listener; `name` identifies its cursors and is never reused for another. It begins with the first event. */
  listen(name: string, types: readonly EventType[], handle: Handler): void
  /** Handles all sealed events now. For tests, and for the end of a boot. */
  settle(): Promise<void>
}

export interface ListenersOptions {
  readonly engine: Engine
  readonly sealed: SealedSignal
  readonly log: Log
  /** How often it looks without a signal; absent: every 10 s. */
  readonly sweep_ms?: number
}

interface Listener {
  readonly name: string
  readonly types: readonly EventType[]
  readonly handle: Handler
  readonly passed: Map<string, number>
  /** After failures: how many, and the time (of `performance.now`) before which it is not tried again. */
  readonly resting: Map<string, { readonly failures: number; readonly until: number }>
}

const events_at_once = 100
const rest_ms = { first: 1_000, most: 60_000 } as const
/** A cursor is written at least after this many events that do not concern the listener. */
const unwritten_max = 4_096

/** Runs listeners over sealed events; a failing one is retried later and holds no other up. */
export function createListeners({ engine, sealed, log, sweep_ms = 10_000 }: ListenersOptions): Listeners {
  const listeners: Listener[] = []
  let currentPass: Promise<void> | undefined
  let again = false
  let isStopped = false

  /** A failure in one organization holds up neither other organizations nor other listeners. */
  async function pass(): Promise<void> {
    for (const listener of listeners)
      for (const organization_id of await behind(engine, listener)) {
        if (isStopped) return
        const rest = listener.resting.get(organization_id)
        if (rest !== undefined && performance.now() < rest.until) continue
        try {
          await follow(engine, listener, organization_id)
          listener.resting.delete(organization_id)
        } catch (err) {
          const failures = (rest?.failures ?? 0) + 1
          const rest_for = Math.min(rest_ms.most, rest_ms.first * 2 ** (failures - 1))
          listener.resting.set(organization_id, { failures, until: performance.now() + rest_for })
          const fields = { err, organization_id, listener: listener.name, failures }
          log.error(fields, 'a journal listener failed; retrying')
        }
      }
  }

  function look(): Promise<void> {
    again = true
    currentPass ??= (async () => {
      while (again && !isStopped) {
        again = false
        await pass().catch((err: unknown) => log.error({ err }, 'the journal listeners cannot read the journal'))
      }
      currentPass = undefined
    })()
    return currentPass
  }

  const sealedListener = sealed.listen(() => void look())
  const timer = setInterval(() => void look(), sweep_ms)
  timer.unref()

  return {
    listen(name, types, handle) {
      invariant(!listeners.some((listener) => listener.name === name), `there is a listener ${name} already`)
      listeners.push({ name, types, handle, passed: new Map(), resting: new Map() })
    },
    settle: look,
    async [Symbol.asyncDispose]() {
      isStopped = true
      sealedListener[Symbol.dispose]()
      clearInterval(timer)
      await currentPass
    },
  }
}

/** Organizations with events after the listener's cursor. */
async function behind(engine: Engine, listener: Listener): Promise<string[]> {
  const rows = await engine.transact((tx) =>
    tx.rows<{ organization_id: string; next_number: number }>(sql`
      select h.organization_id, h.next_number from journal_heads h
      left join journal_listeners l on l.organization_id = h.organization_id and l.name = ${listener.name}
      where h.next_number > coalesce(l.next_number, 1)`),
  )
  return rows
    .filter(({ organization_id, next_number }) => next_number > (listener.passed.get(organization_id) ?? 1))
    .map((row) => row.organization_id)
}

async function follow(engine: Engine, listener: Listener, organization_id: string): Promise<void> {
  while (await engine.transact((tx) => step(tx, listener, organization_id))) {
    // Each step is a transaction of its own.
  }
}

/** Handles the next events. Returns whether there may be more; a cursor that another process has locked is skipped. */
async function step(tx: EngineTx, listener: Listener, organization_id: string): Promise<boolean> {
  const { name, types, passed } = listener
  await tx.execute(sql`
    insert into journal_listeners (organization_id, name, next_number) values (${organization_id}, ${name}, 1)
    on conflict do nothing`)
  const cursor = await tx.row<{ next_number: number }>(sql`
    select next_number from journal_listeners where organization_id = ${organization_id} and name = ${name}
    for update skip locked`)
  if (!cursor) return false
  const after = Math.max(cursor.next_number, passed.get(organization_id) ?? 1) - 1
  const page = await read(tx, organization_id, { after, limit: events_at_once, order: 'oldest', filters: { types } })
  if (page.events.length > 0) await listener.handle(tx, organization_id, page.events)
  if (page.events.length > 0 || page.cursor - cursor.next_number >= unwritten_max)
    await tx.execute(sql`
      update journal_listeners set next_number = ${page.cursor + 1}
      where organization_id = ${organization_id} and name = ${name}`)
  tx.afterCommit(() => void passed.set(organization_id, page.cursor + 1))
  return page.more
}
