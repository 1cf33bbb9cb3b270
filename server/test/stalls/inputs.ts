import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { celConditions, html, jsonValues, markdown, patterns, plainText, runsOf, schemas, yaml } from './grammars.ts'

/** One request that carries what was generated, in a field that takes it. */
export interface StallInput {
  readonly field: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: unknown
  /** It states a goal, whose tasks are waited for. */
  readonly runs?: true
}

/** What the requests need to exist. */
export interface StallPlace {
  readonly project_id: string
  readonly agent_id: string
}

const figures = { severity: 'warning', weight: 0.5, measures: 'quality', violation_from: 0.5 } as const

/** Requests for every field that takes text, patterns, expressions, schemas, YAML, Markdown or HTML. */
export function stallInputs({ project_id, agent_id }: StallPlace): fc.Arbitrary<StallInput> {
  const post = (field: string, path: string, body: unknown): StallInput => ({ field, method: 'POST', path, body })
  const decompose = (field: string, body: object) => post(field, '/planner/decompose', { title: 'x', ...body })
  const validate = (field: string, body: object) => post(field, '/judge/validate', { project_id, ...body })
  const goal = (field: string, task: object): StallInput => ({
    ...post(field, '/goals', { project_id, title: 'x', plan: { tasks: [{ key: 'a', writes: [], ...task }] } }),
    runs: true,
  })
  const text = fc.oneof(markdown, html, plainText)
  const lists = fc.array(patterns, { maxLength: 60 })
  const document = fc.nat().map((seed) => `d${createHash('sha256').update(String(seed)).digest('hex').slice(0, 2)}`)
  const many: readonly [weight: number, fc.Arbitrary<StallInput>][] = [
    [8, text.map((given) => decompose('text', { text: given.slice(0, 60_000) }))],
    [10, yaml.map((playbook) => decompose('playbook', { playbook }))],
    [8, fc.tuple(celConditions, jsonValues).map(([when, v]) => decompose('when', playbookWith(when, v)))],
    [6, fc.tuple(runsOf(`\${v}`), runsOf('x')).map(([t, v]) => decompose('variables', templateWith(t, v)))],
    [8, schemas.map((output_schema) => decompose('output_schema', { plan: { tasks: [noop({ output_schema })] } }))],
    [8, fc.tuple(schemas, jsonValues).map(([output_schema, output]) => validate('schema', { output, output_schema }))],
    [8, text.map((output) => validate('output', { output: { text: output.slice(0, 200_000) } }))],
    [
      8,
      fc.tuple(lists, lists, text).map(([words, banned, output]) =>
        validate('checks', {
          output: { text: output.slice(0, 200_000) },
          checks: [{ check: 'banned_content', ...figures, params: { words, patterns: banned } }],
        }),
      ),
    ],
    [4, lists.map((list) => put('policy', `/projects/${project_id}/policy`, policyWith(list)))],
    [6, yaml.map((front) => put('persona', `/agents/${agent_id}/persona`, personaWith(front)))],
    [
      5,
      fc
        .tuple(text, text)
        .map(([content, other]) => post('filter', '/planner/semantic-filter', filterWith(content, other))),
    ],
    [
      5,
      fc
        .tuple(document, jsonValues)
        .map(([key, value]) => put('document', `/projects/${project_id}/documents/${key}`, { value })),
    ],
    [
      3,
      document.map((key) => ({ field: 'diff', method: 'GET', path: `/projects/${project_id}/documents/${key}/diff` })),
    ],
    [
      3,
      plainText.map((q) => ({ field: 'find', method: 'GET', path: `/find?q=${encodeURIComponent(q.slice(0, 150))}` })),
    ],
    [
      4,
      text.map((content) =>
        post('chat', '/v1/chat/completions', { model: 'offline', messages: [{ role: 'user', content }] }),
      ),
    ],
    [
      3,
      fc
        .tuple(celConditions, jsonValues)
        .map(([until, input]) => goal('until', { capability: 'noop', input, repeat: { until, max: 2 } })),
    ],
    [
      3,
      fc.tuple(fc.constantFrom('summarize', 'keywords', 'chunk', 'section', 'read'), text).map(([capability, given]) =>
        goal('capability', {
          capability,
          timeout_ms: 20_000,
          attempts_max: 1,
          input: { text: given.slice(0, 200_000) },
        }),
      ),
    ],
    [2, text.map((given) => goal('result', { capability: 'noop', input: { text: given.slice(0, 200_000) } }))],
  ]
  return fc.oneof(...many.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

function put(field: string, path: string, body: unknown): StallInput {
  return { field, method: 'PUT', path, body }
}

function noop(more: object) {
  return { key: 'a', capability: 'noop', input: {}, writes: [], ...more }
}

function playbookWith(when: string, value: unknown) {
  const book = [
    'name: x',
    'variables:',
    '  v: {type: list}',
    'tasks:',
    ' - key: a',
    '   capability: noop',
    `   when: ${JSON.stringify(when)}`,
  ]
  return { playbook: book.join('\n'), variables: { v: Array.isArray(value) ? value : [value] } }
}

function templateWith(text: string, value: string) {
  const book = [
    'name: x',
    'variables:',
    '  v: {type: string}',
    'tasks:',
    ' - key: a',
    '   capability: noop',
    '   input:',
  ]
  const line = JSON.stringify(text.slice(0, 100_000))
  return {
    playbook: [...book, `     t: ${line}`, `     u: [${line}]`].join('\n'),
    variables: { v: value.slice(0, 200_000) },
  }
}

function policyWith(list: readonly string[]) {
  const topic_words = { politics: list.slice(0, 50) }
  return { checks: [{ check: 'banned_content', ...figures, params: { patterns: list } }], topic_words }
}

function personaWith(front: string) {
  return { soul: `---\nname: x\n${front.slice(0, 30_000)}\n---\nA story.` }
}

function filterWith(content: string, other: string) {
  return {
    content: { content: content.slice(0, 200_000) },
    context: { active_goals: [other.slice(0, 60_000)], relevance_threshold: 0.5 },
  }
}
