import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { html, jsonValues, markdown, plainText } from './grammars.ts'
import { get, post, put, type StallInput, type StallPlace, type Weighted } from './requests.ts'

const reason_characters = 1000
const query_characters = 150
const text_characters = 200_000
const files = ['a.md', 'a.html', 'a.txt', 'a.json', 'a.csv'] as const
const lists = ['/projects', '/agents', '/goals', '/artifacts'] as const

/** Fields that are stored and searched: documents, files, names, what lists are filtered by; and prompts of models. */
export function storedInputs({ project_id, agent_id }: StallPlace): readonly Weighted[] {
  const text = fc.oneof(markdown, html, plainText)
  const line = plainText.map((given) => given.slice(0, query_characters))
  const reason = text.map((given) => given.slice(0, reason_characters))
  const document = fc.nat().map((seed) => `d${createHash('sha256').update(String(seed)).digest('hex').slice(0, 2)}`)
  const documents = `/projects/${project_id}/documents`
  const [project, agent] = [`/projects/${project_id}`, `/agents/${agent_id}`]
  const prompts = text.map((content) => [{ role: 'user', content }])
  const texts = fc.array(text, { minLength: 1, maxLength: 20 })
  return [
    [5, fc.tuple(document, jsonValues).map(([key, value]) => put('document', `${documents}/${key}`, { value }))],
    [3, document.map((key) => get('diff', `${documents}/${key}/diff`))],
    [4, fc.tuple(fc.constantFrom(...files), text).map(([name, given]) => file(project_id, name, given))],
    [3, line.map((q) => get('find', '/find', { q }))],
    [2, fc.tuple(fc.constantFrom(...lists), line).map(([path, q]) => get('q', path, { q }))],
    [1, line.map((prefix) => get('prefix', documents, { prefix }))],
    [1, line.map((actor) => get('actor', '/audit/events', { actor }))],
    [2, fc.tuple(line, reason).map(([name, description]) => patch('project', project, { name, description }))],
    [
      2,
      fc
        .tuple(reason, jsonValues)
        .map(([description, value]) => patch('agent', agent, { description, metadata: { value } })),
    ],
    [4, prompts.map((messages) => post('chat', '/v1/chat/completions', { model: 'offline', messages }))],
    [2, prompts.map((messages) => post('messages', '/v1/messages', { model: 'offline', max_tokens: 100, messages }))],
    [2, texts.map((input) => post('embeddings', '/v1/embeddings', { model: 'offline-embed', input }))],
  ]
}

function patch(field: string, path: string, body: unknown): StallInput {
  return { field, method: 'PATCH', path, body }
}

function file(project_id: string, name: string, given: string): StallInput {
  const body = new FormData()
  body.set('project_id', project_id)
  body.set('file', new Blob([given.slice(0, text_characters)]), name)
  return post('file', '/artifacts', body)
}
