import { changeAgent } from '@muster/contract/agents/operations'
import { respondApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { listAttempts } from '@muster/contract/gateway/model.operations'
import { limits } from '@muster/contract/limits'
import { askPerson, claimRuns } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { goal, questions, remoteAgent, task } from '../engine/steps.ts'
import { apiClientOf } from '../fixtures.ts'
import { testProgram } from '../program.ts'

const { ours, theirs, app, database } = await testProgram()
const chat = (key: string | undefined, headers = {}) =>
  app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: `Bearer ${key}`, ...headers },
    payload: { model: 'offline', messages: [{ role: 'user', content: 'Well?' }] },
  })

describe('the key of a run', () => {
  it('calls models while the run lives, charged to its goal, whatever is asked for', async () => {
    const agent = await remoteAgent(ours, 'call-models')
    const stated = await goal(ours, [task('call', { capability: 'call-models' })])
    const other = await ours.project()
    const run = await agent.claimOne()
    const answer = await chat(run.model_key, { 'x-muster-project': other.id })
    expect(answer.statusCode).toBe(200)
    const { items } = await ours.call(listAttempts, { query: { limit: 1 } })
    expect(items[0]).toMatchObject({ project_id: stated.project_id, goal_id: stated.id, agent_id: agent.agent_id })
    await agent.complete(run, { said: true })
    // It was given out once, so it is no guess: it holds up nobody behind the same address, however often it comes.
    for (let calls = 0; calls <= limits.failed_authentications_per_minute_max; calls += 1)
      expect((await chat(run.model_key)).statusCode).toBe(401)
    expect((await chat('mrun_x')).statusCode).toBe(401)
  })

  it('of a metered agent pays by itself: the run holds nothing, and what is reported was spent elsewhere', async () => {
    const agent = await remoteAgent(ours, 'metered')
    const params = { id: agent.agent_id as never }
    expect(await ours.call(changeAgent, { params, body: { metered: true } })).toMatchObject({ metered: true })
    const scope = { kind: 'agent', id: agent.agent_id } as const
    await ours.call(createBudget, { body: { scope, window: 'total', cost_micro_usd: 1_000 } as never })
    await goal(ours, [task('call', { capability: 'metered', budget: { cost_micro_usd: 1_000, tokens: 0 } })])
    const run = await agent.claimOne()
    expect(await database.sql('select id from budgets_holds where id = $1', [run.run_id])).toEqual([])
    expect((await chat(run.model_key)).statusCode).toBe(200)
    await agent.complete(run, { said: true }, { usage: { cost_micro_usd: 7, tokens: 1 } })
    const charged = await database.sql('select cost_micro_usd from budgets_charges where id = $1', [run.run_id])
    expect(charged).toEqual([{ cost_micro_usd: 7 }])
  })

  it('opens nothing else, and is nobody’s who changed it', async () => {
    const agent = await remoteAgent(ours, 'pry')
    await goal(ours, [task('pry', { capability: 'pry' })])
    const { model_key: key = '' } = await agent.claimOne()
    const api = apiClientOf(app, { organization_id: ours.organization_id, key })
    expect((await api.send(claimRuns, { body: { agent_id: agent.agent_id } as never })).status).toBe(403)
    for (const url of ['/api/v1/goals', '/api/v1/session', '/api/v1/find?q=x', '/api/v1/api-keys']) {
      const { statusCode } = await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } })
      expect([url, statusCode]).toEqual([url, 403])
    }
    expect((await chat(`${key.slice(0, -4)}AAAA`)).statusCode).toBe(401)
    expect((await chat('mrun_x')).statusCode).toBe(401)
  })
})

describe('a remote agent that asks', () => {
  it('gives its lease back, and the run that goes on has the answer and what was left for it', async () => {
    const agent = await remoteAgent(ours, 'ask')
    const stated = await goal(ours, [task('ask', { capability: 'ask' })])
    const run = await agent.claimOne()
    const { run_id, token } = run
    const body = { run_id, token, question: 'Which colour?', options: ['red'], checkpoint: { page: 7 } }
    const answered = await agent.api.call(askPerson, { body })
    expect((await agent.complete(run, {})).status).toBe(409)
    expect((await agent.api.send(askPerson, { body })).status).toBe(409)
    expect(await agent.claim()).toEqual([])
    const [question] = await questions(ours, stated.id)
    expect(question?.id).toBe(answered.approval_id)
    const params = { id: answered.approval_id }
    // Nobody answers their own question, nor somebody else's.
    expect((await agent.api.send(respondApproval, { params, body: { action: 'answer', comment: 'red' } })).status).toBe(
      403,
    )
    expect((await theirs.send(respondApproval, { params, body: { action: 'answer', comment: 'red' } })).status).toBe(
      404,
    )
    await ours.call(respondApproval, { params, body: { action: 'answer', content: { colour: 'red' } } })
    const again = await agent.claimOne()
    expect(again.brief.asked).toEqual({
      question: 'Which colour?',
      answer: { colour: 'red' },
      checkpoint: { page: 7 },
    })
    expect(again.brief.feedback.at(-1)).toMatchObject({ from: 'person', text: expect.stringContaining('red') })
    // One that comes to nothing leaves the answer to the next; one that failed by itself begins anew.
    await agent.release(again)
    const third = await agent.claimOne()
    expect(third.brief.asked?.checkpoint).toEqual({ page: 7 })
    await agent.fail(third, true)
    await database.clock.advance(60_000)
    expect((await agent.claimOne()).brief.asked).toBeUndefined()
  })
})
