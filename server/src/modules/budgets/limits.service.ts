import type { BudgetCreate, BudgetPut, budgetQuery } from '@muster/contract/budgets/budgets'
import type { z } from 'zod'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { isDuplicate } from '../../platform/db/failures.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invariant, MusterError, notFound } from '../../platform/errors.ts'
import { isUuid, newId } from '../../platform/ids.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import { type Principal, system_principal } from '../../platform/principal.ts'
import type { IdentityPort, Scope as IdentityScope } from '../identity/identity.port.ts'
import type { ProjectDays, ProjectsPort } from '../projects/projects.port.ts'
import { eventSubject } from './balances.service.ts'
import { withLiveRuns } from './operations/limit-statuses.ts'
import { presentBudget } from './rules/present.rules.ts'
import { type Amounts, type BudgetRow, limitsStore } from './store/limits.store.ts'
import { versionsStore } from './store/versions.store.ts'

export interface LimitsOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly projects: Pick<ProjectsPort, 'gates'>
  readonly extensions: Extensions
  readonly identity: Pick<IdentityPort, 'findScope'>
  /** Writes what this process has used and not written yet, before somebody looks at it. */
  flushUsage(): Promise<void>
}

/** Limits as people set them and see what is held and used. */
export function createLimits(options: LimitsOptions) {
  const { transactions, journal, extensions, flushUsage } = options
  return {
    async list(caller: Caller, { cursor, limit, scope_kind, scope_id }: z.output<typeof budgetQuery>) {
      await flushUsage()
      return transactions.read(caller, async (tx) => {
        const query = { scope_kind, scope_id, after: idOfCursor(cursor), limit: limit + 1 }
        const { items, ...more } = pageById(await limitsStore.list(tx, caller.organization_id, query), limit)
        return { items: await present(extensions, tx, items), ...more }
      })
    },

    async get(caller: Caller, id: string) {
      await flushUsage()
      return transactions.read(caller, async (tx) => presentOne(extensions, tx, await load(tx, caller, id)))
    },

    create: (caller: Caller, newBudget: BudgetCreate) =>
      transactions.write(caller, async (tx) =>
        presentOne(extensions, tx, await insert(options, tx, { caller, newBudget })),
      ),

    put: (caller: Caller, id: string, amounts: BudgetPut) =>
      transactions.write(caller, async (tx) => {
        await load(tx, caller, id)
        await limitsStore.replace(tx, caller.organization_id, { id, ...complete(amounts) })
        const row = await load(tx, caller, id)
        record(journal, tx, { row, actor: caller.principal, what: 'changed' })
        await versionsStore.raise(tx, [caller.organization_id])
        return presentOne(extensions, tx, row)
      }),

    /** Removes a limit and returns it as it was. Existing holds are settled without it. */
    remove: (caller: Caller, id: string) =>
      transactions.write(caller, async (tx) => {
        const row = await load(tx, caller, id)
        const budget = await presentOne(extensions, tx, row)
        await limitsStore.remove(tx, caller.organization_id, id)
        record(journal, tx, { row, actor: caller.principal, what: 'removed' })
        await versionsStore.raise(tx, [caller.organization_id])
        return budget
      }),

    /** Counts the days of a project's budgets in another time zone. */
    async changeZone(tx: Tx, change: Parameters<ProjectDays['changeZone']>[1]): Promise<void> {
      const changed = await limitsStore.changeZone(tx, change)
      if (changed > 0) await versionsStore.raise(tx, [change.organization_id])
    },

    /** Limits an agent's live runs. */
    async setForAgent(tx: Tx, { organization_id, agent_id, live_runs }: AgentLimit): Promise<void> {
      const place = { scope_kind: 'agent', scope_id: agent_id, budget_window: 'total' } as const
      await limitsStore.setLiveRuns(tx, { organization_id, id: newId(), ...place, live_runs })
      const data = { scope_kind: 'agent', scope_id: agent_id, what: 'set', live_runs }
      journal.record(tx, organization_id, [{ type: 'budget.changed', actor: system_principal, data }])
    },
  }
}

async function insert(
  options: LimitsOptions,
  tx: Tx,
  { caller, newBudget }: { readonly caller: Caller; readonly newBudget: BudgetCreate },
): Promise<BudgetRow> {
  const { organization_id, principal: actor } = caller
  const { scope, window, ...amounts } = newBudget
  const { id: scope_id, project_id } = await existingScope(options, tx, { caller, scope })
  const id = newId()
  const place = { organization_id, id, scope_kind: scope.kind, scope_id, project_id, budget_window: window }
  await limitsStore.insert(tx, { ...place, ...complete(amounts) }).catch((error) => {
    throw isDuplicate(error) ? alreadySet(scope.kind, window) : error
  })
  if (project_id !== null) {
    // Whoever changes the project's zone waits here for this limit, or this limit for the new zone.
    await options.projects.gates(tx, [{ organization_id, project_id }], 'share')
    await limitsStore.followZone(tx, organization_id, id)
  }
  const row = await load(tx, caller, id)
  record(options.journal, tx, { row, actor, what: 'set' })
  await versionsStore.raise(tx, [organization_id])
  return row
}

interface AgentLimit {
  readonly organization_id: string
  readonly agent_id: string
  readonly live_runs: number
}

type Scope = BudgetCreate['scope']

type ExistingScope = Pick<IdentityScope, 'id' | 'project_id'>

/** A scope that the caller's organization has, and its project. Throws `not_found`. */
async function existingScope(
  options: LimitsOptions,
  tx: Tx,
  { caller, scope }: { readonly caller: Caller; readonly scope: Scope },
): Promise<ExistingScope> {
  const { kind, id = caller.organization_id } = scope
  const existing = await scopeIn(options, tx, { organization_id: caller.organization_id, kind, id })
  if (existing === undefined) throw notFound(kind, id)
  return existing
}

async function scopeIn(
  { projects, identity }: LimitsOptions,
  tx: Tx,
  scopeRef: { readonly organization_id: string; readonly kind: Scope['kind']; readonly id: string },
): Promise<ExistingScope | undefined> {
  const { organization_id, kind, id } = scopeRef
  const uuid = id.toLowerCase()
  const found = (ref: string) => identity.findScope(tx, { organization_id, kind, ref })
  if (kind === 'agent') return found(id)
  if (!isUuid(uuid)) return undefined
  if (kind === 'organization') return uuid === organization_id ? { id: uuid, project_id: null } : undefined
  if (kind !== 'project') return found(uuid)
  const [gate] = await projects.gates(tx, [{ organization_id, project_id: uuid }], 'none')
  return gate && { id: gate.project_id, project_id: gate.project_id }
}

async function load(tx: Tx, caller: Caller, id: string): Promise<BudgetRow> {
  const row = await limitsStore.find(tx, caller.organization_id, id)
  if (!row) throw notFound('budget', id)
  return row
}

async function present(extensions: Extensions, tx: Tx, rows: readonly BudgetRow[]) {
  return (await withLiveRuns(extensions, tx, rows)).map(presentBudget)
}

async function presentOne(extensions: Extensions, tx: Tx, row: BudgetRow) {
  const [budget] = await present(extensions, tx, [row])
  invariant(budget, 'one row gives one budget')
  return budget
}

function record(
  journal: Journal,
  tx: Tx,
  change: { readonly row: BudgetRow; readonly actor: Principal; readonly what: 'set' | 'changed' | 'removed' },
): void {
  const { row, actor, what } = change
  const { id: budget_id, organization_id, scope_kind, scope_id, cost_micro_usd, tokens, live_runs } = row
  const data = { budget_id, scope_kind, scope_id, what, cost_micro_usd, tokens, live_runs }
  journal.record(tx, organization_id, [{ type: 'budget.changed', actor, ...eventSubject(scope_kind, scope_id), data }])
}

export type Limits = ReturnType<typeof createLimits>

function complete({ cost_micro_usd, tokens, live_runs }: BudgetPut): Amounts {
  return { cost_micro_usd: cost_micro_usd ?? null, tokens: tokens ?? null, live_runs: live_runs ?? null }
}

function alreadySet(kind: string, window: string): MusterError {
  return new MusterError('exists', `This ${kind} already has a budget with the window ${window}.`, {
    remedy: 'Update the existing budget; see the list of budgets.',
  })
}
