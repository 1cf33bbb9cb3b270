import fc from 'fast-check'
import { celConditions, html, jsonValues, markdown, patterns, plainText, runsOf, schemas, yaml } from './grammars.ts'
import { post, put, type StallPlace, type Weighted } from './requests.ts'

const figures = { severity: 'warning', weight: 0.5, measures: 'quality', violation_from: 0.5 } as const

/** Fields that are read by a grammar: patterns, expressions, schemas, YAML, Markdown, HTML. */
export function evaluatedInputs({ project_id, agent_id }: StallPlace): readonly Weighted[] {
  const decompose = (field: string, body: object) => post(field, '/planner/decompose', { title: 'x', ...body })
  const validate = (field: string, body: object) => post(field, '/judge/validate', { project_id, ...body })
  const text = fc.oneof(markdown, html, plainText)
  const lists = fc.array(patterns, { maxLength: 60 })
  return [
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
  ]
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
