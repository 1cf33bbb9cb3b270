import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { approvalList, respondRequest } from './approvals/approvals.ts'
import { errorTable } from './errors.ts'
import { operations } from './operations.ts'
import { goalCreate } from './planner/goals/goals.ts'
import { planTask } from './planner/tasks/task-definitions.ts'
import { completePolicy, default_policy, policy } from './projects/policies.ts'
import { operationInput } from './state/documents.ts'
import { json, jsonProblem, text, utf8Bytes } from './values.ts'
import { productVersion } from './version.ts'
import { completeRequest } from './worker/reports.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'

describe('text', () => {
  it('refuses null characters and lone surrogates and keeps pairs', () => {
    const schema = text({ max: 10 })
    expect(schema.safeParse('a\0b').success).toBe(false)
    expect(schema.safeParse('a\ud800b').success).toBe(false)
    expect(schema.safeParse('\udc00').success).toBe(false)
    expect(schema.parse('a😀b')).toBe('a😀b')
  })

  it('counts bytes of UTF-8 where the limit is in bytes', () => {
    for (const value of ['', 'abc', 'é', '€', '😀', 'aé€😀']) expect(utf8Bytes(value)).toBe(Buffer.byteLength(value))
    expect(text({ max_bytes: 3 }).safeParse('€').success).toBe(true)
    expect(text({ max_bytes: 3 }).safeParse('€a').success).toBe(false)
  })

  it('refuses a word of 5 MB at once', () => {
    const long = 'a'.repeat(5_000_000)
    const result = goalCreate.safeParse({ project_id: id, title: long })
    expect(result.success).toBe(false)
    expect(JSON.stringify(result.error).length).toBeLessThan(2_000)
  })
})

describe('json', () => {
  const limits = { max_bytes: 100, max_depth: 3 }

  it('takes every kind of JSON value', () => {
    for (const value of [null, true, 0, -1.5, '', [], {}, { a: [1, { b: null }] }]) {
      expect(jsonProblem(value, limits)).toBeNull()
    }
  })

  it('refuses what is too deep without recursion', () => {
    let deep: unknown = 0
    for (let level = 0; level < 200_000; level++) deep = [deep]
    expect(jsonProblem(deep, limits)).toMatch(/deeper than 3/)
    expect(jsonProblem([[[0]]], limits)).toBeNull()
    expect(jsonProblem([[[[0]]]], limits)).not.toBeNull()
  })

  it('refuses what is too large, unclean or no JSON, wherever it stands', () => {
    expect(jsonProblem('x'.repeat(98), limits)).toBeNull()
    expect(jsonProblem('x'.repeat(99), limits)).toMatch(/100 bytes/)
    expect(jsonProblem({ a: ['\0'] }, limits)).toMatch(/null/)
    expect(jsonProblem({ '\ud800': 1 }, limits)).toMatch(/surrogates/)
    expect(jsonProblem({ a: Number.POSITIVE_INFINITY }, limits)).toMatch(/double/)
    expect(jsonProblem({ a: undefined }, limits)).toMatch(/JSON/)
  })

  it('requires a field that is not optional', () => {
    expect(z.strictObject({ output: json() }).safeParse({}).success).toBe(false)
    expect(completeRequest.safeParse({ run_id: id, token: 1 }).success).toBe(false)
    expect(completeRequest.safeParse({ run_id: id, token: 1, output: null }).success).toBe(true)
  })
})

describe('shapes', () => {
  it('take the example task of a plan', () => {
    const task = planTask.parse({
      key: 'draft',
      title: 'Draft',
      capability: 'compose',
      agent_id: null,
      input: { parts: { $from: 'outline.output.sections' } },
      depends_on: ['outline', { key: 'check', on_failure: 'continue' }],
      on_failure: 'fail',
      reads: ['style', { document: 'news', may_move: true }],
      writes: [{ op: 'set', document: 'report', path: '', value: { $from: 'output.text' } }],
      output_schema: {},
      checks: ['grounding'],
      approval: 'none',
      budget: { cost_micro_usd: 0, tokens: 0 },
      priority: 'medium',
      timeout_ms: 600_000,
      attempts_max: 3,
      for_each: { $from: 'outline.output.sections' },
      repeat: { until: 'output.passed', max: 5 },
    })
    expect(task.writes?.[0]).toMatchObject({ scope: 'project', path: '' })
  })

  it('fill in what a short task leaves out', () => {
    expect(planTask.parse({ key: 'a', capability: 'noop' })).toEqual({
      key: 'a',
      capability: 'noop',
      input: {},
      depends_on: [],
      on_failure: 'fail',
      reads: [],
      checks: [],
      approval: 'none',
      timeout_ms: 600_000,
      attempts_max: 3,
    })
  })

  it('refuse unknown fields, with their names', () => {
    const result = goalCreate.safeParse({ project_id: id, title: 'x', colour: 'red' })
    expect(result.error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['colour'] })
  })

  it('refuse a goal with both a plan and a playbook', () => {
    const plan = { tasks: [{ key: 'a', capability: 'noop' }] }
    expect(goalCreate.safeParse({ project_id: id, title: 'x', plan }).success).toBe(true)
    expect(goalCreate.safeParse({ project_id: id, title: 'x', plan, playbook: 'tasks: []' }).success).toBe(false)
  })

  it('require a comment to reject and something to amend with', () => {
    expect(respondRequest.safeParse({ action: 'reject' }).success).toBe(false)
    expect(respondRequest.safeParse({ action: 'reject', comment: 'no' }).success).toBe(true)
    expect(respondRequest.safeParse({ action: 'amend' }).success).toBe(false)
    expect(respondRequest.safeParse({ action: 'amend', content: null }).success).toBe(true)
    expect(respondRequest.safeParse({ action: 'approve' }).success).toBe(true)
  })

  it('require a value for every operation but increment', () => {
    expect(operationInput.safeParse({ op: 'set', document: 'a' }).success).toBe(false)
    expect(operationInput.safeParse({ op: 'increment', document: 'a' }).success).toBe(true)
    expect(operationInput.safeParse({ op: 'set', document: 'a', path: 'x', value: 1 }).success).toBe(false)
  })

  it('have a total only where it was asked for', () => {
    expect(approvalList.parse({ items: [] })).toEqual({ items: [] })
  })
})

describe('the default policy', () => {
  it('is a whole policy, and what is left out of one is filled from it', () => {
    expect(policy.parse(default_policy)).toEqual(default_policy)
    expect(completePolicy({})).toEqual(default_policy)
    expect(completePolicy({ quorum: 2, checks: [] })).toEqual({ ...default_policy, quorum: 2, checks: [] })
  })
})

describe('operations', () => {
  it('have unique ids, unique routes and whole paths', () => {
    expect(new Set(operations.map((operation) => operation.id)).size).toBe(operations.length)
    expect(new Set(operations.map((operation) => `${operation.method} ${operation.path}`)).size).toBe(operations.length)
    for (const { path } of operations) expect(path).toMatch(/^\/[a-z0-9._{}/-]*[a-z0-9}]$/)
  })

  it('name exactly the parameters that stand in their paths', () => {
    for (const operation of operations) {
      const inPath = [...operation.path.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1])
      const declared = operation.params instanceof z.ZodObject ? Object.keys(operation.params.shape) : []
      expect(declared, operation.id).toEqual(inPath)
    }
  })

  it('need a permission everywhere but for health, docs and the session', () => {
    const open = operations.filter((operation) => operation.permission === 'none').map((operation) => operation.path)
    expect(open.every((path) => /^\/(health|docs|redoc|openapi|api\/v1\/session$)/.test(path))).toBe(true)
    expect(operations.filter(({ permission }) => permission === 'any').map(({ id }) => id)).toEqual(['session.get'])
  })

  it('refuse unknown fields in every JSON body but those of other APIs, which are passed on', () => {
    const foreign = operations.filter(({ errors }) => errors !== 'envelope')
    expect(foreign.map(({ path }) => path.slice(0, 4)).every((start) => start === '/v1/')).toBe(true)
    for (const operation of operations) {
      if (operation.body_content === 'none' || foreign.includes(operation)) continue
      const result = operation.body.safeParse({ no_such_field: 1 })
      const codes = result.error?.issues.map((issue) => issue.code) ?? []
      expect(codes, operation.id).toContain('unrecognized_keys')
    }
  })
})

describe('the version', () => {
  it.each(['contract', 'sdk', 'cli', 'server', '.'])('is that of %s/package.json', (folder) => {
    const text = readFileSync(new URL(`../${folder}/package.json`, import.meta.url), 'utf8')
    expect(JSON.parse(text).version).toBe(productVersion)
  })
})

describe('errors', () => {
  it('have a sentence each', () => {
    for (const [code, row] of Object.entries(errorTable)) expect(row.meaning, code).toMatch(/^[A-Z].*\.$/)
  })
})
