import { createBudget } from '@muster/contract/budgets/operations'
import { cancelGoal, pauseGoal, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { cancelTask, retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import { describe, expect, it } from 'vitest'
import type { Program } from '../../src/app/compose.ts'
import { hasEnded } from '../../src/modules/planner/rules/planner.rules.ts'
import type { ClaimedAssignment } from '../../src/modules/worker/operations/claim.ts'
import { codeOf } from '../../src/platform/db/failures.ts'
import { sha256 } from '../../src/platform/journal/seal.ts'
import type { ApiClient } from '../fixtures.ts'
import { brokenTables, readTables } from '../model/tables.ts'
import { anotherProcess, testProgram } from '../program.ts'
import { answer, goal, questions, task } from './steps.ts'

const test = await testProgram()
const { program, database, twoMore } = test
const deadlock = '40P01'

function resultOf({ run, task: done }: ClaimedAssignment, value: unknown = {}) {
  const output = JSON.stringify(value)
  const usage = { cost_micro_usd: done.cost_micro_usd, tokens: 0 }
  const hash = sha256(output).toString('hex')
  return {
    run,
    task: done,
    completed_by: run.claimed_by,
    output,
    value,
    output_sha256: hash,
    artifact_ids: [],
    source_ids: [],
    usage,
  }
}

/** What an agent claims through one of the processes. */
function claimerOf(through: Program, api: ApiClient, agent_id: string) {
  const claimer = { runtime: 'remote' as const, organization_id: api.organization_id, agent_id, capabilities: null }
  return (max: number) =>
    through.worker.claim({ claimer, max, claimed_by: { kind: 'agent', id: agent_id }, process_id: null })
}

describe.skipIf(database.url === undefined)('two processes on PostgreSQL', () => {
  it('never claim a task twice, nor pass a limit of live runs or a budget between them', async () => {
    await using other = anotherProcess(test)
    const { ours } = await twoMore()
    const agent = await ours.agent({ capabilities: ['raced'] })
    await ours.call(createBudget, {
      body: { scope: { kind: 'organization' }, live_runs: 6, cost_micro_usd: 12_000 } as never,
    })
    const priced = { capability: 'raced', agent_id: agent.id, budget: { cost_micro_usd: 100, tokens: 0 }, writes: [] }
    await goal(
      ours,
      Array.from({ length: 160 }, (_, n) => task(`t${n}`, priced)),
    )
    const claimers = [program, other, program, other].map((through) => claimerOf(through, ours, agent.id))
    const seen: string[] = []
    const standings: unknown[] = []
    for (let round = 0; round < 22; round += 1) {
      const claimed = (await Promise.all(claimers.map((claim) => claim(4)))).flat()
      seen.push(...claimed.map(({ run }) => run.task_id))
      const [standing] = await database.sql(
        `select (select count(*)::int from worker_live_runs where organization_id = $1) as live, held_micro_usd::int as held,
          used_micro_usd::int as used from budgets_balances where organization_id = $1`,
        [ours.organization_id],
      )
      standings.push(standing)
      await Promise.all(
        claimed.map((assignment, index) => [program, other][index % 2]?.worker.settle(resultOf(assignment))),
      )
    }
    // Six at once, until the money for 120 is used up: 20 rounds.
    const expected = Array.from({ length: 22 }, (_, n) =>
      n < 20 ? { live: 6, held: 600, used: n * 600 } : { live: 0, held: 0, used: 12_000 },
    )
    expect(standings).toEqual(expected)
    expect([new Set(seen).size, seen.length]).toEqual([120, 120])
    expect(brokenTables(await readTables(database, ours.organization_id), new Map())).toEqual([])
  })

  it('settle a run once, whoever is first', async () => {
    await using other = anotherProcess(test)
    const { ours } = await twoMore()
    const agent = await ours.agent({ capabilities: ['settled'] })
    const stated = await goal(
      ours,
      Array.from({ length: 40 }, (_, n) =>
        task(`t${n}`, {
          capability: 'settled',
          agent_id: agent.id,
          writes: [{ op: 'append', document: 'log', value: n }],
        }),
      ),
    )
    const claimed = await claimerOf(program, ours, agent.id)(40)
    const outcomes = await Promise.all(
      claimed.map((assignment) =>
        Promise.all([program, other].map(({ worker }) => worker.settle(resultOf(assignment)))),
      ),
    )
    expect(outcomes.map((pair) => [...pair].sort())).toEqual(claimed.map(() => ['committed', 'lease_lost']))
    expect((await stated.view()).status).toBe('done')
    const [log] = await database.sql(
      `select json_array_length(value) as items, version from state_document_versions where scope_id = $1 and document = 'log' order by version desc limit 1`,
      [stated.project_id],
    )
    expect(log).toEqual({ items: 40, version: 40 })
  })

  it('end a lost lease once, and a result that comes too late is refused', async () => {
    await using other = anotherProcess(test)
    const { ours } = await twoMore()
    const agent = await ours.agent({ capabilities: ['late'] })
    await goal(
      ours,
      Array.from({ length: 30 }, (_, n) => task(`t${n}`, { capability: 'late', agent_id: agent.id, writes: [] })),
    )
    const claimed = await claimerOf(program, ours, agent.id)(30)
    await database.clock.advance(31_000)
    const [, , ...outcomes] = await Promise.all([
      program.worker.sweep([]),
      other.worker.sweep([]),
      ...claimed.map((assignment) => other.worker.settle(resultOf(assignment))),
    ])
    const tables = await readTables(database, ours.organization_id)
    expect(brokenTables(tables, new Map())).toEqual([])
    const done = tables.tasks.filter(({ status }) => status === 'done').length
    const lost = tables.tasks.filter(({ leases_lost }) => leases_lost === 1).length
    expect([done + lost, outcomes.filter((outcome) => outcome === 'committed').length]).toEqual([30, done])
  })

  it('steer, settle, sweep and answer about one goal without a deadlock', async () => {
    const failures: string[] = []
    const heard = (error: unknown, text: string) =>
      void (codeOf(error) === deadlock && failures.push(text.slice(0, 300)))
    await using first = anotherProcess(test, heard)
    await using second = anotherProcess(test, heard)
    const { ours } = await twoMore()
    const agent = await ours.agent({ capabilities: ['mixed'] })
    const own = { capability: 'mixed', agent_id: agent.id }
    const each = { for_each: { $from: 'source.output.items' }, ...own }
    const stated = await goal(ours, [
      task('source', own),
      ...Array.from({ length: 12 }, (_, n) =>
        task(`wide${n}`, { ...own, depends_on: ['source'], on_failure: 'continue' }),
      ),
      ...Array.from({ length: 6 }, (_, n) => task(`asked${n}`, { ...own, approval: n % 2 ? 'before' : 'after' })),
      ...Array.from({ length: 4 }, (_, n) =>
        task(`shared${n}`, {
          ...own,
          writes: [{ op: 'set', document: 'shared', path: '', value: { $from: 'output' } }],
        }),
      ),
      ...Array.from({ length: 4 }, (_, n) =>
        task(`missing${n}`, { ...own, input: { x: { $from: 'source.output.gone' } } }),
      ),
      task('each', { ...each, input: { it: { $from: 'item' } } }),
      task('last', {
        ...own,
        depends_on: [
          { key: 'each', on_failure: 'ask' },
          { key: 'wide0', on_failure: 'ask' },
        ],
      }),
    ])
    const until = Date.now() + 4_000
    const again = async (step: (round: number) => Promise<unknown>): Promise<number> => {
      let rounds = 0
      for (; Date.now() < until; rounds += 1) await step(rounds)
      return rounds
    }
    const work = (through: Program) => async () => {
      const claimed = await claimerOf(through, ours, agent.id)(3)
      await Promise.all(
        claimed.map((assignment, index) =>
          index === 2
            ? through.worker.endAttempts([
                { lease: assignment.run, unfinished: { how: 'given_back', reason: 'mixed' } },
              ])
            : through.worker.settle(resultOf(assignment, { items: [1, 2, 3] })),
        ),
      )
    }
    const steer = async (round: number) => {
      await ours.send(round % 2 ? resumeGoal : pauseGoal, { params: { id: stated.id as never } })
    }
    const change = async (round: number) => {
      const tasks = [...(await stated.view()).tasks.values()]
      const one = tasks[round % tasks.length]
      if (!one) return
      const operation = hasEnded(one.status) ? retryTask : round % 3 ? skipTask : cancelTask
      await ours.send(operation, { params: { id: one.id as never } })
    }
    const approve = async (round: number) => {
      const [one] = await questions(ours, stated.id)
      if (one)
        await answer(
          ours,
          one.id,
          one.options.includes('retry') ? { action: round % 2 ? 'retry' : 'continue' } : { action: 'approve' },
        )
    }
    const sweep = async () => {
      await database.clock.advance(5_000)
      await first.worker.sweep([])
      await second.judge.review()
    }
    const rounds = await Promise.all([
      again(work(first)),
      again(work(second)),
      again(work(first)),
      again(steer),
      again(change),
      again(approve),
      again(sweep),
    ])
    expect(Math.min(...rounds)).toBeGreaterThan(3)
    expect(failures).toEqual([])
    expect(brokenTables(await readTables(database, ours.organization_id), new Map())).toEqual([])
    await ours.send(cancelGoal, { params: { id: stated.id as never } })
    expect(brokenTables(await readTables(database, ours.organization_id), new Map())).toEqual([])
  })
})
