import { approval as approvalShape, responded as respondedShape } from '@muster/contract/approvals/approvals'
import { hitlQueue } from '@muster/contract/approvals/review-queue'
import { beforeEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { sql } from '../../platform/db/sql.ts'
import { createDispatch } from '../../platform/dispatch/dispatch.ts'
import { newId } from '../../platform/ids.ts'
import { connectedExtensions, extend } from '../../platform/module/extension-point.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import { subjects } from './approvals.extensions.ts'
import type { Approval, ApprovalSubject, Decision, NewApproval } from './approvals.port.ts'
import { createApprovals } from './approvals.service.ts'

const database = await testDatabase()
// Jobs settle what is due of every tenant, and here only one kind of subject is known: what test files before this one left
// in the database of their process is closed.
await database.sql("update approvals set status = 'withdrawn' where status in ('open', 'decided')")
const { engine, journal } = database

/** Projects without policies: gates come from the published view. */
const projects: Pick<ProjectsPort, 'gates' | 'policy'> = {
  gates: (tx, refs) =>
    tx.rows(sql`select organization_id, project_id, status, stopped, policy_version, oversight from projects_gate_v
      where organization_id = ${refs[0]?.organization_id} and project_id = ${refs[0]?.project_id}`),
  policy: async () => {
    throw new Error('no policies here')
  },
}

/** What is approved in these tests: a counter behind a lock of its own, which stands for the task. */
const lapses: [string, string][] = []
const decisions: [string, Decision][] = []
const subject: ApprovalSubject = {
  kind: 'result',
  lineage: async () => ({ made_by: [], stated_by: [], amended_by: [] }),
  async test(tx, { organization_id, subject_id }) {
    const row = await tx.row<{ version: number }>(sql`select version from state_documents
      where organization_id = ${organization_id} and scope_id = ${subject_id} for no key update`)
    return row && row.version >= 1_000 ? { fits: false, reason: 'document notes moved' } : { fits: true }
  },
  async apply(tx, approval, decision) {
    decisions.push([approval.id, decision])
    await count(tx, approval)
    return { commit_id: approval.subject_id, state_version: 7 }
  },
  async lapse(_tx, { id }, how) {
    lapses.push([id, how])
  },
}

async function count(tx: Tx, { organization_id, subject_id }: Approval): Promise<void> {
  await tx.execute(sql`update state_documents set version = version + 1
    where organization_id = ${organization_id} and scope_id = ${subject_id}`)
}

const approvals = createApprovals({
  transactions: createRequestTransactions(database.db),
  engine,
  journal,
  dispatch: createDispatch(),
  projects,
  extensions: connectedExtensions(extend(subjects, subject)),
  identity: {
    person: async (_tx, _organization_id, { id }) => ({ id, ids: new Set([id]), agent_ids: new Set() }),
    findScopes: async () => new Map(),
  },
})
const job = (name: string) => approvals.jobs.find((one) => one.name === name)?.run() ?? Promise.reject(new Error(name))

async function tenant() {
  const [organization_id, project_id] = [newId(), newId()]
  await engine.transact(async (tx) => {
    await tx.execute(sql`insert into identity_organizations (organization_id, name) values (${organization_id}, 'o')`)
    await tx.execute(sql`insert into projects (organization_id, id, name, oversight, policy_version)
      values (${organization_id}, ${project_id}, 'p', 'medium', 1)`)
  })
  const person = (): Caller => {
    const principal = { kind: 'key', id: newId() } as const
    return { organization_id, principal, agent_id: null, permissions: new Set(), request_id: 'r' }
  }
  return { organization_id, project_id, person }
}

type Tenant = Awaited<ReturnType<typeof tenant>>

async function ask({ organization_id, project_id }: Tenant, more: Partial<NewApproval> = {}) {
  const subject_id = newId()
  const question: NewApproval = {
    ...{
      organization_id,
      project_id,
      goal_id: null,
      task_id: newId(),
      run_id: null,
      subject_kind: 'result',
      subject_id,
    },
    ...{
      question: 'May it?',
      options: ['approve', 'reject', 'amend'],
      proposed: '{"text":"so"}',
      artifact_sha256: null,
    },
    ...{
      policy_version: 1,
      read_set: [],
      rule: 'medium_confidence',
      tags: [],
      risk: 'low',
      confidence: 0.8,
      quorum: 1,
    },
    ...{ due_ms: 60_000, made_by: [], stated_by: null, amended_by: null },
    ...more,
  }
  const [id = ''] = await engine.transact(async (tx) => {
    await tx.execute(sql`insert into state_documents (organization_id, scope, scope_id, document, version)
      values (${organization_id}, 'project', ${subject_id}, 'applied', 0)`)
    return approvals.open(tx, [question])
  })
  return { id, subject_id, task_id: question.task_id ?? '' }
}

async function appliedTimes({ organization_id }: Tenant, subject_id: string): Promise<number> {
  const rows = await database.sql('select version from state_documents where organization_id = $1 and scope_id = $2', [
    organization_id,
    subject_id,
  ])
  return Number(rows[0]?.version)
}

async function eventsOf({ organization_id }: Tenant): Promise<string[]> {
  const rows = await database.sql('select events from journal_entries where organization_id = $1 order by id', [
    organization_id,
  ])
  return [...JSON.stringify(rows).matchAll(/approval\.[a-z]+/g)].map(([type]) => type)
}

const approve = { action: 'approve', revocable_ms: 0 } as const
const code = (expected: string) => expect.objectContaining({ code: expected })

let here: Tenant
beforeEach(async () => {
  here = await tenant()
})

describe('an answer', () => {
  it('is applied in its transaction', async () => {
    const { id, subject_id } = await ask(here)
    const { responded } = await approvals.respond(here.person(), id, approve)
    expect(respondedShape.parse(responded)).toEqual({
      request_id: id,
      action: 'approve',
      status: 'applied',
      applied: { commit_id: subject_id, state_version: 7 },
    })
    expect(await appliedTimes(here, subject_id)).toBe(1)
    const shown = approvalShape.parse(await approvals.get(here.person(), id))
    expect(shown).toMatchObject({ status: 'applied', proposed: { text: 'so' }, answers: [{ action: 'approve' }] })
    expect(await eventsOf(here)).toEqual(['approval.opened', 'approval.answered', 'approval.applied'])
  })

  it('given twice at once is applied once', async () => {
    const { id, subject_id } = await ask(here)
    const attempts = await Promise.allSettled([0, 1, 2, 3].map(() => approvals.respond(here.person(), id, approve)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of attempts) if (one.status === 'rejected') expect(one.reason).toEqual(code('approval_decided'))
    expect(await appliedTimes(here, subject_id)).toBe(1)
  })

  it('repeated with its idempotency key is answered again and not applied again', async () => {
    const { id, subject_id } = await ask(here)
    const caller = { ...here.person(), idempotency: { key: 'k', operation: 'approvals.respond', body_sha256: 'b' } }
    const first = await approvals.respond(caller, id, approve)
    expect(await approvals.respond(caller, id, approve)).toEqual(first)
    expect(await appliedTimes(here, subject_id)).toBe(1)
  })

  it('carries content as it was given', async () => {
    const { id } = await ask(here)
    const by = here.person()
    await approvals.respond(by, id, { action: 'amend', revocable_ms: 0, content: { text: 'better' }, comment: 'so' })
    const [, decision] = decisions.at(-1) ?? []
    expect(decision).toEqual({ action: 'amend', by: by.principal, content: '{"text":"better"}', comment: 'so' })
  })

  it('must be one of the options', async () => {
    const { id } = await ask(here)
    await expect(approvals.respond(here.person(), id, { action: 'skip', revocable_ms: 0 })).rejects.toEqual(
      code('invalid'),
    )
  })

  it('is not taken from the maker, nor from who stated the goal where policy says four eyes', async () => {
    const [maker, stater] = [here.person(), here.person()]
    const { id } = await ask(here, { made_by: [maker.principal], stated_by: stater.principal })
    await expect(approvals.respond(maker, id, approve)).rejects.toEqual(code('own_work'))
    await expect(approvals.respond(stater, id, approve)).rejects.toEqual(code('own_work'))
    await approvals.respond(here.person(), id, approve)
  })

  it('is refused under an emergency stop, and nothing changes', async () => {
    const { id } = await ask(here, { due_ms: 1_000 })
    await database.sql('update projects set stopped = true where id = $1', [here.project_id])
    await expect(approvals.respond(here.person(), id, approve)).rejects.toEqual(code('stopped'))
    await database.clock.advance(5_000)
    await job('approvals.expire')
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'open', answers: [] })
  })

  it('of another tenant finds nothing', async () => {
    const { id } = await ask(here)
    const stranger = (await tenant()).person()
    await expect(approvals.respond(stranger, id, approve)).rejects.toEqual(code('not_found'))
    await expect(approvals.get(stranger, id)).rejects.toEqual(code('not_found'))
    await expect(approvals.claim(stranger, id, {})).rejects.toEqual(code('not_found'))
    await expect(approvals.snooze(stranger, id, { for_ms: 1 })).rejects.toEqual(code('not_found'))
    await expect(approvals.revoke(stranger, id)).rejects.toEqual(code('not_found'))
    expect(await approvals.list(stranger, { limit: 50, project_id: here.project_id })).toEqual({ items: [] })
    await expect(approvals.ofProject(stranger, here.project_id, { limit: 50 })).rejects.toEqual(code('not_found'))
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'open', answers: [] })
  })
})

describe('what was shown', () => {
  it('has moved: the question is withdrawn for good and the answer refused', async () => {
    const { id, subject_id } = await ask(here)
    await database.sql('update state_documents set version = 1000 where scope_id = $1', [subject_id])
    await expect(approvals.respond(here.person(), id, approve)).rejects.toEqual(code('approval_stale'))
    expect(await approvals.get(here.person(), id)).toMatchObject({
      status: 'withdrawn',
      reason: 'document notes moved',
      answers: [],
    })
    expect(lapses.at(-1)).toEqual([id, 'stale'])
    expect(await appliedTimes(here, subject_id)).toBe(1_000)
    await expect(approvals.respond(here.person(), id, approve)).rejects.toEqual(code('approval_decided'))
  })

  it('may also move before a revocable answer takes effect', async () => {
    const { id, subject_id } = await ask(here)
    await approvals.respond(here.person(), id, { action: 'approve', revocable_ms: 10_000 })
    await database.sql('update state_documents set version = 1000 where scope_id = $1', [subject_id])
    await database.clock.advance(10_001)
    await job('approvals.apply')
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'withdrawn' })
    expect(await appliedTimes(here, subject_id)).toBe(1_000)
  })
})

describe('a revocable answer', () => {
  const revocable = { action: 'approve', revocable_ms: 30_000 } as const

  it('is applied when it is effective, once, however often the job runs', async () => {
    const { id, subject_id } = await ask(here)
    const { responded } = await approvals.respond(here.person(), id, revocable)
    expect(responded).toMatchObject({ status: 'decided' })
    await job('approvals.apply')
    expect(await appliedTimes(here, subject_id)).toBe(0)
    await expect(approvals.respond(here.person(), id, approve)).rejects.toEqual(code('approval_decided'))
    await database.clock.advance(30_001)
    await Promise.all([job('approvals.apply'), job('approvals.apply')])
    expect(await appliedTimes(here, subject_id)).toBe(1)
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'applied' })
  })

  it('can be taken back until then, by who gave it', async () => {
    const { id, subject_id } = await ask(here)
    const by = here.person()
    await approvals.respond(by, id, revocable)
    await expect(approvals.revoke(here.person(), id)).rejects.toEqual(code('not_found'))
    expect(await approvals.revoke(by, id)).toMatchObject({
      status: 'open',
      answers: [{ revoked_at: expect.any(String) }],
    })
    await database.clock.advance(30_001)
    await job('approvals.apply')
    expect(await appliedTimes(here, subject_id)).toBe(0)
    await approvals.respond(by, id, approve)
    await expect(approvals.revoke(by, id)).rejects.toEqual(code('approval_decided'))
    expect(await eventsOf(here)).toContain('approval.revoked')
  })

  it('cannot be taken back when its time is over though nobody has applied it yet', async () => {
    const { id } = await ask(here)
    const by = here.person()
    await approvals.respond(by, id, revocable)
    await database.clock.advance(30_001)
    await expect(approvals.revoke(by, id)).rejects.toEqual(code('approval_decided'))
  })
})

describe('a quorum', () => {
  it('counts different people, each once', async () => {
    const { id, subject_id } = await ask(here, { quorum: 2 })
    const [a, b] = [here.person(), here.person()]
    expect((await approvals.respond(a, id, approve)).responded).toMatchObject({ status: 'open', answers_missing: 1 })
    await expect(approvals.respond(a, id, approve)).rejects.toEqual(code('approval_decided'))
    expect(await appliedTimes(here, subject_id)).toBe(0)
    expect((await approvals.respond(b, id, approve)).responded).toMatchObject({ status: 'applied' })
    expect(await appliedTimes(here, subject_id)).toBe(1)
  })

  it('reached by many at once is applied once', async () => {
    const { id, subject_id } = await ask(here, { quorum: 3 })
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, () => approvals.respond(here.person(), id, approve)),
    )
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(await appliedTimes(here, subject_id)).toBe(1)
  })

  it('is not needed to reject, and one may take an answer back while others are missing', async () => {
    const { id } = await ask(here, { quorum: 2 })
    const a = here.person()
    await approvals.respond(a, id, approve)
    await approvals.revoke(a, id)
    const { responded } = await approvals.respond(a, id, { action: 'reject', revocable_ms: 0, comment: 'no' })
    expect(responded).toMatchObject({ status: 'applied', action: 'reject' })
  })
})

describe('time', () => {
  it('expires what nobody answered, and never approves it', async () => {
    const { id, subject_id } = await ask(here)
    await job('approvals.expire')
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'open' })
    await database.clock.advance(60_001)
    await expect(approvals.respond(here.person(), id, approve)).rejects.toEqual(code('approval_decided'))
    await Promise.all([job('approvals.expire'), job('approvals.expire')])
    expect(await approvals.get(here.person(), id)).toMatchObject({ status: 'expired' })
    expect(lapses.filter(([of]) => of === id)).toEqual([[id, 'expired']])
    expect(await appliedTimes(here, subject_id)).toBe(0)
  })
})

describe('other modules', () => {
  it('take questions back by task and by goal, but not what is settled', async () => {
    const goal_id = newId()
    const [one, two, settled] = [await ask(here), await ask(here, { goal_id }), await ask(here, { goal_id })]
    await approvals.respond(here.person(), settled.id, approve)
    const { organization_id } = here
    await engine.transact(async (tx) => {
      await approvals.withdraw(tx, [{ organization_id, task_id: one.task_id }], 'task cancelled')
      await approvals.withdrawOfGoals(tx, [{ organization_id, goal_id }], 'goal cancelled')
    })
    expect(await approvals.get(here.person(), one.id)).toMatchObject({ status: 'withdrawn', reason: 'task cancelled' })
    expect(await approvals.get(here.person(), two.id)).toMatchObject({ status: 'withdrawn', reason: 'goal cancelled' })
    expect(await approvals.get(here.person(), settled.id)).toMatchObject({ status: 'applied' })
  })
})

it('an answer and a withdrawal at once: one of them wins, and nothing is half done', async () => {
  const { organization_id } = here
  for (let round = 0; round < 10; round += 1) {
    const { id, subject_id, task_id } = await ask(here)
    const withdraw = engine.transact(async (tx) => {
      // As settling does: the subject's own lock first, approvals last.
      await tx.row(
        sql`select from state_documents where organization_id = ${organization_id} and scope_id = ${subject_id} for no key update`,
      )
      await approvals.withdraw(tx, [{ organization_id, task_id }], 'cancelled')
    })
    const [answered] = await Promise.allSettled([approvals.respond(here.person(), id, approve), withdraw])
    const { status } = await approvals.get(here.person(), id)
    expect([answered?.status, status, await appliedTimes(here, subject_id)]).toEqual(
      answered?.status === 'fulfilled' ? ['fulfilled', 'applied', 1] : ['rejected', 'withdrawn', 0],
    )
  }
})

describe('reviewing', () => {
  it('claims for a while and gives back', async () => {
    const { id } = await ask(here)
    const [a, b] = [here.person(), here.person()]
    expect(await approvals.claim(a, id, { for_ms: 5_000 })).toMatchObject({ claimed_by: a.principal })
    await expect(approvals.claim(b, id, { for_ms: 5_000 })).rejects.toEqual(code('exists'))
    expect(await approvals.claim(b, id, { for_ms: 0 })).toMatchObject({ claimed_by: a.principal })
    expect(await approvals.claim(a, id, { for_ms: 0 })).not.toHaveProperty('claimed_by')
    await approvals.claim(a, id, { for_ms: 5_000 })
    await database.clock.advance(5_001)
    expect(await approvals.claim(b, id, { for_ms: 5_000 })).toMatchObject({ claimed_by: b.principal })
    await approvals.respond(a, id, approve)
  })

  it('puts aside and wakes', async () => {
    const { id } = await ask(here)
    const by = here.person()
    const open = async () => (await approvals.list(by, { limit: 50 })).items.map((one) => one.id)
    await approvals.snooze(by, id, { for_ms: 5_000 })
    expect(await open()).toEqual([])
    expect((await approvals.list(by, { limit: 50, status: ['open'] })).items).toEqual([])
    for (const snoozed of ['include', 'only'] as const)
      expect((await approvals.list(by, { limit: 50, snoozed })).items.map((one) => one.id)).toEqual([id])
    await database.clock.advance(5_001)
    expect(await open()).toEqual([id])
    await approvals.snooze(by, id, { for_ms: 5_000 })
    await approvals.snooze(by, id, { for_ms: 0 })
    expect(await open()).toEqual([id])
  })

  it('lists the soonest due first, page by page, nothing twice', async () => {
    const asked: string[] = []
    for (const due_ms of [50_000, 10_000, 30_000, 20_000, 40_000]) asked.push((await ask(here, { due_ms })).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await approvals.list(here.person(), { limit: 2, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== undefined)
    expect(seen).toEqual([asked[1], asked[3], asked[2], asked[4], asked[0]])
    expect(await approvals.list(here.person(), { limit: 50, page: 2, page_size: 3 })).toMatchObject({
      total: 5,
      items: [{}, {}],
    })
    await expect(approvals.list(here.person(), { limit: 2, cursor: 'no' })).rejects.toEqual(code('invalid'))
  })

  it('shows the queue in the words of the earlier systems, filtered', async () => {
    const [low, topic] = [
      await ask(here),
      await ask(here, { rule: 'sensitive_topic:financial_advice', tags: ['financial_advice'] }),
    ]
    const ids = async (filter: 'all' | 'sensitive' | 'low_confidence' | 'financial') =>
      hitlQueue
        .parse(await approvals.queue(here.person(), { filter, limit: 50 }))
        .items.map(({ review_id }) => review_id)
    expect(await ids('all')).toEqual([low.id, topic.id])
    expect(await ids('sensitive')).toEqual([topic.id])
    expect(await ids('financial')).toEqual([topic.id])
    expect(await ids('low_confidence')).toEqual([low.id])
    expect(await approvals.queue(here.person(), { filter: 'all', limit: 1 })).toMatchObject({
      total_count: 2,
      has_more: true,
    })
  })
})
