import { expect, it } from 'vitest'
import { example_playbook } from './plan/example-playbook.ts'
import { readPlaybook } from './plan/playbook-variables.ts'

it('finds the variables of a playbook with their types and what they fall back on', () => {
  const text = [
    'name: brief',
    'variables:',
    '  title: { type: string, default: Briefing, description: The heading. }',
    '  sentences_per_source:',
    '    type: integer',
    '    default: 3',
    '  topics: { type: list, default: [a, b] }',
    'tasks: []',
  ].join('\n')
  expect(readPlaybook(text).variables).toEqual([
    {
      name: 'title',
      type: 'string',
      description: 'The heading.',
      required: false,
      fallback: 'Briefing',
    },
    expect.objectContaining({ name: 'sentences_per_source', type: 'integer', fallback: '3' }),
    expect.objectContaining({ name: 'topics', type: 'list', fallback: '["a","b"]' }),
  ])
  expect(readPlaybook(example_playbook).variables?.map(({ name }) => name)).toEqual(['topic', 'sentences'])
})

it('says where a text is no YAML, and is not led astray by what is none', () => {
  expect(readPlaybook('name: a\ntasks: [')).toMatchObject({ line: 2 })
  expect(readPlaybook('').variables).toEqual([])
  expect(readPlaybook('- 1\n- 2').variables).toEqual([])
  expect(readPlaybook('variables: 3').variables).toEqual([])
  expect(readPlaybook('variables:\n  a:').variables).toEqual([{ name: 'a', type: 'string', required: false }])
})
