import type { approvalQuery, RespondRequest, reviewerClaim, snoozeRequest } from '@muster/contract/approvals/approvals'
import type { hitlQueueQuery } from '@muster/contract/approvals/review-queue'
import { limits } from '@muster/contract/limits'
import { type Data, timestamp } from '@muster/contract/values'
import type { z } from 'zod'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { pageIn, windowOf } from '../../platform/db/pages.ts'
import { invalid, MusterError, notFound } from '../../platform/errors.ts'
import { isUuid } from '../../platform/ids.ts'
import { presentApproval, presentQueued, presentSubject, type Titles } from './approvals.present.ts'
import { snoozedUntil, timeAfter } from './approvals.rules.ts'
import { approvalsStore, type Paging } from './approvals.store.ts'
import type { ApprovalFilter, ApprovalOrder, ApprovalRow, LockedApproval } from './approvals.types.ts'
import { respond } from './operations/respond.ts'
import { revoke } from './operations/revoke.ts'
import { type ApprovalsDeps, alreadyDecided, recordApproval, refOf } from './operations/settle-approval.ts'

/** The query of the operation; fields with a default may be left out. */
type ListQuery = Partial<Omit<Data<z.output<typeof approvalQuery>>, 'project_id' | 'limit'>> & {
  readonly limit: number
  readonly project_id?: string | undefined
}

interface ListRequest {
  readonly caller: Caller
  readonly query: ListQuery
}

export type Reviewing = ReturnType<typeof createReviewing>

/** Approvals as people list, claim, snooze, answer and revoke them. */
export function createReviewing(deps: ApprovalsDeps) {
  const { transactions, journal } = deps

  return {
    get: (caller: Caller, id: string) => transactions.read(caller, (tx) => load(tx, caller, id)),

    list: (caller: Caller, query: ListQuery) =>
      transactions.read(caller, (tx) => listApprovals(deps, tx, { caller, query })),

    ofProject: (caller: Caller, project_id: string, query: Omit<ListQuery, 'project_id'>) =>
      transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const [gate] = await deps.projects.gates(tx, [{ organization_id, project_id }], 'none')
        if (!gate) throw notFound('project', project_id)
        return listApprovals(deps, tx, { caller, query: { ...query, project_id } })
      }),

    queue: (caller: Caller, query: z.output<typeof hitlQueueQuery>) =>
      transactions.read(caller, (tx) => listQueue(tx, caller, query)),

    respond: (caller: Caller, id: string, request: RespondRequest) => respond(deps, caller, { id, request }),

    revoke: (caller: Caller, id: string) =>
      transactions.write(caller, async (tx) => {
        await revoke(deps, tx, { caller, id })
        return load(tx, caller, id)
      }),

    /** Claims it for the caller for a while; 0 ends one's own claim. A claim keeps nobody from answering. */
    claim: (caller: Caller, id: string, { for_ms }: z.output<typeof reviewerClaim>) =>
      transactions.write(caller, async (tx) => {
        const { row, lockedApproval } = await lockOpen(tx, caller, id)
        const claim_ms = for_ms ?? (await claimMs(deps, tx, row))
        if (claim_ms > 0) mustBeFree(lockedApproval, caller)
        else if (lockedApproval.claimed_by?.id !== caller.principal.id) return load(tx, caller, id)
        const until = timeAfter(lockedApproval.now, claim_ms)
        await approvalsStore.claim(tx, row, claim_ms > 0 ? { actor: caller.principal, until } : undefined)
        const data = claim_ms > 0 ? { until } : { given_back: true }
        recordApproval(journal, tx, { type: 'approval.claimed', row, actor: caller.principal, data })
        return load(tx, caller, id)
      }),

    /** Snoozes it; 0, or a time in the past, ends the snooze. */
    snooze: (caller: Caller, id: string, request: z.output<typeof snoozeRequest>) =>
      transactions.write(caller, async (tx) => {
        const { row, lockedApproval } = await lockOpen(tx, caller, id)
        const until = snoozedUntil(request, lockedApproval.now)
        if (until === undefined) throw tooLong(request.until)
        await approvalsStore.snooze(tx, row, until)
        recordApproval(journal, tx, { type: 'approval.snoozed', row, actor: caller.principal, data: { until } })
        return load(tx, caller, id)
      }),
  }
}

async function load(tx: Tx, caller: Caller, id: string) {
  const row = await approvalsStore.find(tx, refOf(caller, id))
  if (!row) throw notFound('approval', id)
  return presentApproval(row, await approvalsStore.answers(tx, row.organization_id, [id]))
}

async function lockOpen(
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<{ readonly row: ApprovalRow; readonly lockedApproval: LockedApproval }> {
  const row = await approvalsStore.find(tx, refOf(caller, id))
  const lockedApproval = row && (await approvalsStore.lock(tx, row))
  if (!row || !lockedApproval) throw notFound('approval', id)
  if (lockedApproval.status !== 'open') throw alreadyDecided(id, lockedApproval.status)
  return { row, lockedApproval }
}

async function claimMs({ projects }: ApprovalsDeps, tx: Tx, row: ApprovalRow): Promise<number> {
  const [gate] = await projects.gates(tx, [row], 'none')
  if (!gate) return limits.approval_claim_ms_default
  const { approval_claim_ms } = await projects.policy(tx, row, gate.policy_version)
  return approval_claim_ms
}

function mustBeFree({ claimed_by, claimed_until, now }: LockedApproval, { principal }: Caller): void {
  if (!claimed_by || claimed_by.id === principal.id || claimed_until === null) return
  const left_ms = Date.parse(claimed_until) - Date.parse(now)
  if (left_ms <= 0) return
  throw new MusterError('exists', `Claimed by someone else until ${claimed_until}.`, {
    value: claimed_by.id,
    retry_after_ms: left_ms,
    remedy: 'You can still answer it.',
  })
}

function tooLong(until: string | undefined): MusterError {
  const days = limits.approval_snooze_ms_max / 86_400_000
  return invalid('until', `An approval can be snoozed for at most ${days} days.`, until)
}

async function listApprovals({ identity }: ApprovalsDeps, tx: Tx, { caller, query }: ListRequest) {
  const { organization_id } = caller
  const { project_id, goal_id, task_id, risk, sort = 'due', filter: topic, snoozed = 'exclude' } = query
  const statuses = query.status ?? (['open'] as const)
  const order: ApprovalOrder = { sort, order: query.order ?? (sort === 'risk' ? 'desc' : 'asc') }
  const filter: ApprovalFilter = { organization_id, statuses, snoozed, project_id, goal_id, task_id, risk, topic }
  const isByDue = sort === 'due' && order.order === 'asc'
  const paging = isByDue ? pagingOf(query) : placesOf(query, order)
  const rows = await approvalsStore.list(tx, filter, { ...paging, order })
  const items = rows.slice(0, paging.limit - 1)
  const ids = items.map(({ id }) => id)
  const [answers, titles] = await Promise.all([
    approvalsStore.answers(tx, organization_id, ids),
    titlesOf(identity, tx, { organization_id, refs: items }),
  ])
  const next = isByDue ? nextCursor(rows, paging, 'due_at') : nextPosition(rows, paging, order)
  return {
    items: items.map((row) => {
      const own = answers.filter(({ approval_id }) => approval_id === row.id)
      return { ...presentApproval(row, own), ...presentSubject(row, titles) }
    }),
    ...next,
    ...(asksForTotal(query) && { total: await approvalsStore.count(tx, filter) }),
  }
}

/** A list that is not sorted by due time continues at an offset. */
function placesOf(query: PageQuery, { sort, order }: ApprovalOrder): Paging {
  const { offset, size } = windowOf(query, `${sort} ${order}`)
  return { after: undefined, offset, limit: size + 1 }
}

function nextPosition(
  rows: readonly ApprovalRow[],
  { offset, limit }: Paging,
  { sort, order }: ApprovalOrder,
): { next_cursor?: string } | undefined {
  const { next_cursor } = pageIn(rows, {
    after: undefined,
    offset,
    size: limit - 1,
    counted: false,
    sorted_by: `${sort} ${order}`,
  })
  return next_cursor === undefined ? undefined : { next_cursor }
}

async function listQueue(tx: Tx, caller: Caller, query: z.output<typeof hitlQueueQuery>) {
  const { organization_id } = caller
  const filter: ApprovalFilter = {
    organization_id,
    statuses: ['open'],
    snoozed: 'exclude',
    topic: query.filter,
  }
  const paging = pagingOf(query)
  const rows = await approvalsStore.queue(tx, filter, paging)
  return {
    items: rows.slice(0, paging.limit - 1).map(presentQueued),
    total_count: await approvalsStore.count(tx, filter),
    has_more: rows.length === paging.limit,
    ...nextCursor(rows, paging, 'created_at'),
  }
}

type PageQuery = Pick<ListQuery, 'cursor' | 'limit' | 'offset' | 'page' | 'page_size'>

/** One row more than a page has, which tells whether there is another page. */
function pagingOf({ cursor, limit, offset, page, page_size }: PageQuery): Paging {
  const size = page_size ?? limit
  return {
    after: cursor === undefined ? undefined : cursorPosition(cursor),
    offset: offset ?? ((page ?? 1) - 1) * size,
    limit: size + 1,
  }
}

const asksForTotal = ({ offset, page, page_size }: PageQuery): boolean =>
  offset !== undefined || page !== undefined || page_size !== undefined

/** A cursor is the order and the id of the last row before the page. */
function cursorPosition(cursor: string): readonly [string, string] {
  const [order = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (!timestamp.safeParse(order).success || !isUuid(id))
    throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
  return [new Date(order).toISOString(), id]
}

function nextCursor(rows: readonly ApprovalRow[], { limit }: Paging, order: 'due_at' | 'created_at') {
  const last = rows.length === limit ? rows[limit - 2] : undefined
  return last && { next_cursor: Buffer.from(`${last[order]} ${last.id}`).toString('base64url') }
}

async function titlesOf(
  identity: ApprovalsDeps['identity'],
  tx: Tx,
  { organization_id, refs }: { readonly organization_id: string; readonly refs: readonly ApprovalRow[] },
): Promise<Titles> {
  const ids = (key: 'task_id' | 'goal_id') => [...new Set(refs.flatMap((ref) => ref[key] ?? []))]
  const [tasks, goals] = await Promise.all([
    identity.findScopes(tx, { organization_id, kind: 'task', refs: ids('task_id') }),
    identity.findScopes(tx, { organization_id, kind: 'goal', refs: ids('goal_id') }),
  ])
  return { tasks, goals }
}
