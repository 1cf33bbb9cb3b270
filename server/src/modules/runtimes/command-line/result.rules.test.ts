import { describe, expect, it } from 'vitest'
import { commandLineLimits } from './limits.rules.ts'
import { outcomeOf } from './outcome.rules.ts'
import { createResultReader, createTail } from './result.rules.ts'
import { bubblewrapArgs, exitCodeIn, installationOf, isBelow } from './sandbox/sandbox.rules.ts'
import { createCleaner, shorten } from './text.rules.ts'

type Source = Parameters<typeof createResultReader>[0]

function read(source: Source, text: string) {
  const reader = createResultReader(source, 1_000)
  for (const line of text.split('\n')) reader.line(line)
  return reader.end()
}

describe('the result of a program', () => {
  const lines: Source = {
    from: 'json_lines',
    where: { type: 'item', 'item.type': 'message' },
    text: 'item.text',
    failed: { where: { type: 'failed' }, message: 'error.message' },
  }

  it('is all that it printed', () => {
    expect(read({ from: 'stdout' }, '\n one\ntwo\n\n')).toEqual({ text: 'one\ntwo', failure: undefined })
    expect(read({ from: 'stdout' }, ' \n').text).toBeUndefined()
  })

  it('is the end of it, where there is too much', () => {
    expect(read({ from: 'stdout' }, `${'x'.repeat(999)}\n`.repeat(50).concat('end')).text).toMatch(/^x*\nend$|^end$/)
  })

  it('is the last line that matches, among lines that are anything', () => {
    const text = [
      'Warning: not JSON',
      '{"type":"item","item":{"type":"message","text":"first"}}',
      '{"type":"item","item":{"type":"tool","text":"no"}}',
      'null',
      '[]',
      '{"type":"item","item":{"type":"message","text":"last"}}',
      '{"type":"item","item":{"type":"message"}}',
    ].join('\n')
    expect(read(lines, text)).toEqual({ text: 'last', failure: undefined })
  })

  it('tells of a failure that the program reports with code 0', () => {
    expect(read(lines, '{"type":"failed","error":{"message":"no credit"}}')).toMatchObject({ failure: 'no credit' })
    expect(read(lines, '{"type":"failed"}').failure).toBe('the program reported a failure')
  })

  it('is a field of one document, also behind chatter', () => {
    const source: Source = { from: 'json', text: 'response' }
    expect(read(source, 'Loaded.\n{\n "response": "yes"\n}').text).toBe('yes')
    expect(read(source, '{"response": {"a": 1}}').text).toBe('{"a":1}')
    expect(read(source, '{"response": ').text).toBeUndefined()
    expect(read({ from: 'json', text: 'constructor.name' }, '{}').text).toBeUndefined()
  })
})

describe('what is kept of a text', () => {
  it('is its end', () => {
    const tail = createTail(10)
    for (const line of ['one', 'two', 'three', 'x'.repeat(30), 'last']) tail.add(line)
    expect(tail.text()).toBe('last')
    tail.add('four')
    expect(tail.text()).toBe('last\nfour')
  })

  it('holds no escapes, no controls, no halves of characters and no secrets', () => {
    const clean = createCleaner(['a-long-secret', 'short'])
    expect(clean('\u001b[31mred\u001b[0m\u0000\u0007\tend')).toBe('red\tend')
    expect(clean('half \ud83d and whole \u{1f600}')).toBe('half \ufffd and whole \u{1f600}')
    expect(clean('a-long-secret, a-long-secret, short')).toBe('[masked], [masked], short')
    // A secret that escapes were put into is one all the same.
    expect(clean('a-long\u001b[1m-secret')).toBe('[masked]')
  })

  it('says how much was left out', () => {
    expect(shorten('abcdef', 4)).toBe('abcd … (2 more characters)')
    expect(shorten('ab\u{1f600}', 3)).toBe('ab … (2 more characters)')
  })
})

describe('the outcome', () => {
  const programEnd = { ending: undefined, exit_code: 0, by_signal: undefined, not_started: undefined }
  const finished = { programEnd, reading: { text: 'x', failure: undefined }, retry_exit_codes: [75], tail: '' }
  const of = (changes: object) => outcomeOf({ ...finished, limits: commandLineLimits, ...changes })

  it('is done only where everything is well', () => {
    expect(of({})).toEqual({ status: 'exited', is_done: true, retryable: false, exit_code: 0 })
    expect(of({ reading: { text: 'x', failure: 'no' } })).toMatchObject({ is_done: false, retryable: true })
    expect(of({ reading: { text: undefined, failure: undefined } })).toMatchObject({ is_done: false, retryable: true })
  })

  it('is what we did to it before what it did', () => {
    expect(
      of({ programEnd: { ...programEnd, ending: 'wall', exit_code: undefined, by_signal: 'SIGKILL' } }),
    ).toMatchObject({
      status: 'timeout',
    })
    expect(of({ programEnd: { ...programEnd, ending: 'aborted' } })).toMatchObject({ status: 'killed', is_done: false })
    expect(of({ programEnd: { ...programEnd, not_started: 'no' } })).toMatchObject({
      status: 'failed_to_start',
      reason: 'no',
    })
  })

  it('may differ another time where the code says so', () => {
    const retryable = (exit_code: number) => of({ programEnd: { ...programEnd, exit_code } }).retryable
    expect([1, 75, 127, 137].map(retryable)).toEqual([false, true, false, true])
  })
})

describe('what is shown in the cage', () => {
  const cage = {
    workspace: '/runs/r/workspace',
    writable: ['/runs/r/workspace'],
    read_only: ['/opt/program/bin', '/usr/local/bin'],
    replaced: [],
    hidden: ['/opt/program/bin/secret', '/elsewhere'],
    system: [{ path: '/bin', link: 'usr/bin' }],
    network: false,
    uid: 58_001,
    status_fd: 3,
  }
  const words = (changes = {}) => bubblewrapArgs({ ...cage, ...changes }).join(' ')

  it('is the program and its own folders, what is hidden covered up', () => {
    expect(words()).toContain(
      '--ro-bind /opt/program/bin /opt/program/bin --tmpfs /opt/program/bin/secret --bind /runs/r',
    )
    expect(words()).not.toContain('/elsewhere')
    expect(words()).not.toContain('--ro-bind /usr/local/bin')
  })

  it('has a network where it is needed, and a user namespace where nobody is root', () => {
    expect(words()).toContain('--unshare-net')
    expect(words({ network: true })).not.toContain('--unshare-net')
    expect(words()).toContain('--cap-add CAP_SETUID')
    expect(words({ uid: undefined })).toContain('--unshare-user')
    expect(words({ uid: undefined })).not.toContain('--cap-add')
  })

  it('is of an installation as much as is its own', () => {
    expect(installationOf('/opt/n/bin/agent', '/opt/n/lib/node_modules/agent/node_modules/x/cli.js')).toEqual([
      '/opt/n/bin',
      '/opt/n/lib/node_modules',
    ])
    expect(installationOf('/home/me/agent', '/home/me/agent')).toEqual(['/home/me/agent'])
  })

  it('ends with a code only where the program ran', () => {
    expect(exitCodeIn('{ "child-pid": 7 }\n{ "exit-code": 137 }\n')).toBe(137)
    expect(exitCodeIn('{ "child-pid": 7 }\n')).toBeUndefined()
    expect([isBelow('/a/b', '/a'), isBelow('/a', '/a'), isBelow('/ab', '/a'), isBelow('/a', '/')]).toEqual([
      true,
      true,
      false,
      true,
    ])
  })
})
