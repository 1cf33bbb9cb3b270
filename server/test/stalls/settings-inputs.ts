import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { html, jsonValues, markdown, plainText } from './grammars.ts'
import { get, post, type StallInput, type StallPlace, type Weighted } from './requests.ts'

const line_characters = 150
const reason_characters = 1000
const text_characters = 200_000
const instruction_characters = 60_000
const sections_max = 60
const figures = { severity: 'warning', weight: 0.5, measures: 'quality', violation_from: 0.5 } as const

/** Fields of settings and of what people do to goals, tasks and results: names, addresses, reasons, instructions, checks. */
export function settingsInputs(place: StallPlace): readonly Weighted[] {
  const { project_id, agent_id } = place
  const text = fc.oneof(markdown, html, plainText)
  const line = text.map((given) => `x${given.slice(0, line_characters)}`)
  const reason = text.map((given) => `x${given.slice(0, reason_characters)}`)
  const sections = fc.array(line, { minLength: 1, maxLength: sections_max })
  return [
    [2, jsonValues.map((value) => merged(agent_id, value))],
    [1, line.map((name) => post('key name', '/api-keys', { name, permissions: ['goals:read'] }))],
    [1, line.map(providerWith)],
    [1, line.map(modelWith)],
    [1, reason.map((given) => stopped(`/projects/${project_id}`, given))],
    [1, reason.map((given) => stopped(`/agents/${agent_id}`, given))],
    [1, fc.tuple(line, text).map(([title, given]) => changedGoal(place, title, given.slice(0, text_characters)))],
    [2, text.map((given) => instructed(project_id, given.slice(0, instruction_characters)))],
    [
      2,
      fc
        .tuple(sections, text)
        .map(([wanted, output]) => checked('sections', project_id, output, sectionsCheck(wanted))),
    ],
    [2, text.map((output) => checked('length', project_id, output, lengthCheck))],
    [1, text.map((criteria) => checked('rubric', project_id, 'x', rubricCheck(criteria.slice(0, reason_characters))))],
  ]
}

function merged(agent_id: string, value: unknown): StallInput {
  return {
    ...get('merge', `/globalstate/${agent_id}`),
    next(data) {
      const { state_version } = data as { readonly state_version: number }
      return post('merge', '/globalstate/update', {
        agent_id,
        input_state_version: state_version,
        merge: { value },
      })
    },
  }
}

/** Names of providers and models take few characters, so the text is in the other fields. */
function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20)
}

/** A text that was cut may begin or end with half a character, which no address holds. */
const lone_surrogates = /[\ud800-\udfff]/g

function providerWith(path: string): StallInput {
  const base_url = `http://127.0.0.1:9/${encodeURIComponent(path.replace(lone_surrogates, ''))}`
  return post('provider', '/providers', { name: nameOf(path), kind: 'openai', base_url })
}

/** Of a provider that every installation has. */
function modelWith(model: string): StallInput {
  const targets = [{ provider: 'offline', model, prices: { uncached: 1, output: 1 } }]
  return post('model', '/models', { name: nameOf(model), targets })
}

/** An emergency stop with its reason, lifted at once. */
function stopped(path: string, reason: string): StallInput {
  return { ...post('stop', `${path}/stop`, { reason }), next: () => ({ method: 'DELETE', path: `${path}/stop` }) }
}

function changedGoal({ goal_id }: StallPlace, title: string, text: string): StallInput {
  return { field: 'goal', method: 'PATCH', path: `/goals/${goal_id}`, body: { title, text } }
}

function instructed(project_id: string, instructions: string): StallInput {
  const body = { agent_type: 'noop', instructions }
  return post('instructions', `/projects/${project_id}/tasks`, body)
}

function checked(field: string, project_id: string, text: string, check: object): StallInput {
  const output = { text: text.slice(0, text_characters) }
  return post(field, '/judge/validate', { project_id, output, checks: [check] })
}

const lengthCheck = { check: 'length', ...figures, params: { characters_max: 10, words_min: 5, words_max: 100 } }

function sectionsCheck(sections: readonly string[]) {
  return { check: 'required_sections', ...figures, params: { sections } }
}

function rubricCheck(criteria: string) {
  return { check: 'rubric', ...figures, params: { name: 'generated', model: 'offline', criteria } }
}
