import { describe, expect, it } from 'vitest'
import { type CommandLineAdapter, fill, fillArgs, fillRecord, parseAdapter } from './adapter.rules.ts'

const least = {
  name: 'least',
  title: 'Least',
  about: 'a test',
  checked_with: 'a test',
  command: 'program',
  prompt: 'stdin',
  result: { from: 'stdout' },
  wire: 'none',
  metered: true,
}
const parse = (changes: object): CommandLineAdapter => parseAdapter({ ...least, ...changes }, 'file.yaml')

describe('an adapter file', () => {
  it('needs little', () => {
    expect(parse({})).toMatchObject({ args: [], env: {}, env_pass: [], network: true, retry_exit_codes: [] })
  })

  it.each([
    ['an unknown field', { shell: true }, /Unrecognized key/],
    ['an unknown placeholder', { args: ['{secret}'] }, /args\.0: \{secret\} is not one of prompt/],
    ['a key in arguments', { args: ['--key={gateway_key}'] }, /every user of the machine can read/],
    ['a prompt that goes nowhere', { prompt: 'argument' }, /args do not use \{prompt\}/],
    ['a prompt that goes in twice', { args: ['{prompt}'] }, /prompt is not "argument"/],
    ['a file that nobody is told of', { prompt: 'file' }, /\{prompt_file\} is not used/],
    ['a prompt in a variable', { env: { P: '{prompt}' } }, /only be used in args/],
    ['a setting of the server passed on', { env_pass: ['MUSTER_SECRET_KEY'] }, /never passed on/],
    ['a home file outside of home', { home_files: { '../x': '' } }, /below its folder/],
    ['a result outside of the workspace', { result: { from: 'file', path: '/etc/passwd' } }, /below its folder/],
    ['metered by what the gateway does not speak', { wire: 'gemini' }, /does not speak gemini/],
    ['metered and not pointed at the gateway', { wire: 'openai' }, /not both used/],
    [
      'metered without a network',
      { wire: 'openai', network: false, env: { A: '{gateway_url}', B: '{gateway_key}' } },
      /network must be true/,
    ],
  ])('is refused with %s', (_what, changes, message) => {
    expect(() => parse(changes)).toThrow(message)
  })

  it('is named in the refusal', () => {
    expect(() => parse({ name: 'Not A Name' })).toThrow(/^file\.yaml does not describe a command line: name: /)
  })
})

describe('placeholders', () => {
  it('are filled once, so that a prompt may hold braces', () => {
    expect(fill('{prompt}!', { prompt: '{model} {nothing} {"a":1}', model: 'm' })).toBe('{model} {nothing} {"a":1}!')
  })

  it('leave a group out where one lacks a value, and refuse a lone one', () => {
    const adapter = parse({ args: ['run', ['--model', '{model}'], '{"json": {"a": 1}}'] })
    expect(fillArgs(adapter, {})).toEqual(['run', '{"json": {"a": 1}}'])
    expect(fillArgs(adapter, { model: 'm' })).toEqual(['run', '--model', 'm', '{"json": {"a": 1}}'])
    expect(() => fillArgs(parse({ args: ['{model}'] }), {})).toThrow(/"{model}" has no value/)
  })

  it('leave a variable out where one lacks a value', () => {
    expect(fillRecord({ A: 'a', B: '{model}', C: '{home}/c' }, { home: '/h' })).toEqual({ A: 'a', C: '/h/c' })
  })
})
