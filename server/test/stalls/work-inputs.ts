import fc from 'fast-check'
import { celConditions, html, jsonValues, markdown, plainText, schemas, yaml } from './grammars.ts'
import { post, type StallInput, type StallPlace, type Weighted } from './requests.ts'

const reason_characters = 1000
const goal_characters = 5000
const text_characters = 200_000
/** Nobody but the requests here does it. */
const reported = 'stalls.reported'
const programs = ['summarize', 'keywords', 'chunk', 'section', 'read'] as const

/** Fields of goals and of runs, whose evaluation goes on after the answer, in the transactions of the engine. */
export function workInputs(place: StallPlace): readonly Weighted[] {
  const { project_id, goal_id } = place
  const text = fc.oneof(markdown, html, plainText)
  const reason = text.map((given) => `x${given.slice(0, reason_characters)}`)
  const goal = (field: string, given: object): StallInput => post(field, '/goals', { project_id, title: 'x', ...given })
  /** Not started, since there may be thousands of tasks. */
  const planned = (field: string, given: object): StallInput => goal(field, { ...given, start: false })
  const task = (field: string, given: object): StallInput => ({
    ...goal(field, { plan: { tasks: [{ key: 'a', capability: 'noop', writes: [], ...given }] } }),
    runs: true,
  })
  const condition = fc.tuple(celConditions, jsonValues)
  const program = fc.tuple(fc.constantFrom(...programs), text)
  const output = fc.tuple(schemas, jsonValues)
  return [
    [3, condition.map(([until, input]) => task('until', { input, repeat: { until, max: 2 } }))],
    [3, program.map(([capability, given]) => task('capability', once(capability, given)))],
    [2, text.map((given) => task('result', { input: { text: given.slice(0, text_characters) } }))],
    [2, output.map(([output_schema, input]) => task('result schema', { output_schema, input }))],
    [1, yaml.map((playbook) => planned('goal playbook', { playbook }))],
    [1, text.map((given) => planned('goal text', { text: given.slice(0, goal_characters) }))],
    [2, fc.tuple(schemas, reason).map(([schema, why]) => replanned(goal_id, schema, why))],
    [4, output.map(([output_schema, given]) => completed(place, output_schema, given))],
    [2, fc.tuple(reason, jsonValues).map(([question, content]) => asked(place, question, content))],
    [2, fc.tuple(output, reason).map(([[schema, content], comment]) => amended(place, schema, { content, comment }))],
    [2, fc.tuple(jsonValues, reason).map(([content, comment]) => editedInQueue(place, { content, comment }))],
    [1, reason.map((given) => rejectedInQueue(place, given))],
    [1, reason.map((message) => failed(place, message))],
    [1, reason.map((line) => logged(place, line))],
  ]
}

function once(capability: string, text: string) {
  return { capability, timeout_ms: 20_000, attempts_max: 1, input: { text: text.slice(0, text_characters) } }
}

function replanned(goal_id: string, output_schema: object, reason: string): StallInput {
  const plan = { tasks: [{ key: 'a', capability: 'noop', writes: [], output_schema }] }
  return post('replan', '/planner/replan', { goal_id, plan, reason })
}

interface Lease {
  readonly run_id: string
  readonly token: string
}

interface ClaimedRun extends Lease {
  readonly task_id: string
}

/** Creates a task, claims one of that kind as the agent does, and goes on with it. */
function claimed(
  { project_id, agent_id }: StallPlace,
  task: { readonly field: string } & Readonly<Record<string, unknown>>,
  next: (lease: Lease, task_id: string) => StallInput,
): StallInput {
  const { field, ...given } = task
  return {
    ...post(field, '/tasks', { project_id, agent_id, capability: reported, writes: [], ...given }),
    next: () => ({
      ...post(field, '/worker/claim', { agent_id, capabilities: [reported] }),
      next(data) {
        const [run] = (data as { readonly runs: readonly ClaimedRun[] }).runs
        return run && next({ run_id: run.run_id, token: run.token }, run.task_id)
      },
    }),
  }
}

function completed(place: StallPlace, output_schema: object, output: unknown): StallInput {
  return claimed(place, { field: 'complete', output_schema }, (lease) =>
    post('complete', '/worker/complete', { ...lease, output }),
  )
}

function asked(place: StallPlace, question: string, content: unknown): StallInput {
  return claimed(place, { field: 'answer' }, (lease) => ({
    ...post('answer', '/worker/ask', { ...lease, question, checkpoint: content }),
    next(data) {
      const { approval_id } = data as { readonly approval_id: string }
      return post('answer', `/hitl/${approval_id}/respond`, { action: 'answer', content })
    },
  }))
}

interface Amendment {
  readonly content: unknown
  readonly comment: string
}

/** A result that a person is asked about, who says what it should be. */
function amended(place: StallPlace, output_schema: object, amendment: Amendment): StallInput {
  return questioned(place, { field: 'amend', output_schema, output: amendment.content }, (id) =>
    post('amend', `/hitl/${id}/respond`, { action: 'amend', ...amendment }),
  )
}

/** The same over the routes of the review queue. */
function editedInQueue(place: StallPlace, { content, comment }: Amendment): StallInput {
  return questioned(place, { field: 'queue edit', output_schema: {}, output: {} }, (id) =>
    post('queue edit', `/dashboard/hitl-queue/${id}/edit`, {
      reviewer_id: 'stalls',
      edits: { artifact: { content }, notes: comment },
    }),
  )
}

function rejectedInQueue(place: StallPlace, reason: string): StallInput {
  return questioned(place, { field: 'queue reject', output_schema: {}, output: {} }, (id) =>
    post('queue reject', `/dashboard/hitl-queue/${id}/reject`, { reviewer_id: 'stalls', reason }),
  )
}

/** Completes a run whose result waits for a person, and goes on with that question. */
function questioned(
  place: StallPlace,
  {
    field,
    output_schema,
    output,
  }: { readonly field: string; readonly output_schema: object; readonly output: unknown },
  next: (approval_id: string) => StallInput,
): StallInput {
  return claimed(place, { field, approval: 'after', output_schema }, (lease, task_id) => ({
    ...post(field, '/worker/complete', { ...lease, output }),
    next: () => ({
      method: 'GET',
      path: `/hitl?task_id=${task_id}`,
      next(data) {
        const [question] = (data as { readonly items: readonly { readonly id: string }[] }).items
        return question && next(question.id)
      },
    }),
  }))
}

function failed(place: StallPlace, message: string): StallInput {
  return claimed(place, { field: 'fail' }, (lease) =>
    post('fail', '/worker/fail', { ...lease, retryable: false, error: { code: 'x', message } }),
  )
}

function logged(place: StallPlace, text: string): StallInput {
  const log = [{ at: new Date().toISOString(), level: 'info', text }]
  return claimed(place, { field: 'log' }, (lease) => post('log', '/worker/heartbeat', { runs: [{ ...lease, log }] }))
}
