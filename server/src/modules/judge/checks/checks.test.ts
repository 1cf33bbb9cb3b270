import { createHash, randomUUID } from 'node:crypto'
import { default_policy } from '@muster/contract/projects/policies'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../../test/processor-time.ts'
import type { CheckRule } from './checks.types.ts'
import { type Examination, rulesFor, runChecks } from './run-checks.ts'
import { textsOf } from './texts.ts'

const topics = default_policy.sensitive_topics

function check(
  name: CheckRule['check'],
  output: unknown,
  params: CheckRule['params'] = {},
  more: Partial<Examination> = {},
) {
  const rule: CheckRule = {
    check: name,
    severity: 'warning',
    weight: 1,
    measures: 'quality',
    violation_from: 0,
    params,
  }
  const [finding] = runChecks([rule], { output, topics, ...more })
  if (!finding) throw new Error('no finding')
  return finding
}

const lorem =
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. '
const paddings: Readonly<Record<string, string>> = {
  x: 'x'.repeat(1024),
  lorem: lorem.repeat(9),
  uuids: Array.from({ length: 28 }, () => randomUUID()).join(' '),
  hashes: Array.from({ length: 16 }, (_, at) => createHash('sha256').update(`${at}`).digest('hex')).join('\n'),
  times: Array.from({ length: 40 }, (_, at) => new Date(1.7e12 + at * 1e7).toISOString()).join(', '),
  offsets: Array.from({ length: 40 }, (_, at) => `2024-05-${10 + (at % 20)}T10:00:00+02:00`).join(' '),
  counts: Array.from({ length: 200 }, (_, at) => at * 37).join(' '),
  numbers: Array.from({ length: 60 }, (_, at) => 4_111_111_111_111_000 + at * 7919).join(' '),
  fractions: Array.from({ length: 60 }, (_, at) => Math.sqrt(at + 2)).join(' '),
  base64: createHash('sha512').update('a').digest('base64').repeat(8),
  code: 'if (token === null) return { key: value, secret: null, password: undefined } // api_key = <your key here>\n'.repeat(
    9,
  ),
  english:
    'The service was restarted after its health check had failed, and the budget of retries was used up. '.repeat(9),
}

describe('harmless outputs', () => {
  it.each(Object.keys(paddings))('%s matches nothing and has confidence 1', (name) => {
    const output = { n: 1, id: randomUUID(), padding: paddings[name] }
    const findings = runChecks(default_policy.checks, { output, topics })
    expect(findings.filter(({ failed }) => failed > 0)).toEqual([])
  })

  it('nothing at all is harmless too', () => {
    for (const output of [{}, [], null, '', 0, false])
      expect(runChecks(default_policy.checks, { output, topics }).every(({ failed }) => failed === 0)).toBe(true)
  })

  it('cost microseconds', () => {
    const examinations = Object.values(paddings).map((padding) => ({
      output: { padding: padding.slice(0, 1024) },
      topics,
    }))
    const round = (): number => {
      const started = processorMs()
      for (const examination of examinations) runChecks(default_policy.checks, examination)
      return ((processorMs() - started) * 1000) / examinations.length
    }
    for (let warm = 0; warm < 1000; warm++) round()
    // The best of many, since the machine has other things to do. The budget of a commit allows 30 µs on an idle machine
    // like the bench's; what was added by mistake costs a multiple, on a slow one too.
    expect(Math.min(...Array.from({ length: 300 }, round))).toBeLessThan(90)
  })

  it('and large ones cost no more than their length', () => {
    for (const text of [
      'x'.repeat(5_000_000),
      '1 '.repeat(1_000_000),
      'a@'.repeat(500_000),
      'eyJ'.repeat(500_000),
      '+1 '.repeat(500_000),
    ]) {
      const started = processorMs()
      runChecks(default_policy.checks, { output: { text }, topics })
      expect(processorMs() - started).toBeLessThan(3000)
    }
  })
})

describe('secrets', () => {
  const alnum = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5'
  it.each([
    ['AKIAIOSFODNN7EXAMPLE', 'AWS'],
    [`ghp_${alnum}`, 'GitHub'],
    [`github_pat_${alnum}`, 'GitHub'],
    ['xoxb-123456789012-abcdefABCDEF', 'Slack'],
    [`AIza${alnum.slice(0, 35)}`, 'Google'],
    [`sk_live_${alnum.slice(0, 24)}`, 'Stripe'],
    [`sk-proj-${alnum}`, 'OpenAI'],
    [`sk-ant-api03-${alnum}`, 'Anthropic'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'private key'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', 'private key'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U', 'JSON Web Token'],
    ['postgres://muster:hunter22@db.internal/muster', 'connection string'],
    ['password = "c0rrect-h0rse-b4ttery"', 'assigned'],
    ['export API_KEY=9f8e7d6c5b4a39281706f5e4d3c2b1a0', 'assigned'],
  ])('%s is found and not shown', (secret, kind) => {
    const finding = check('secrets', { note: `Here: ${secret} it is.` })
    expect(finding).toMatchObject({ failed: 1, of: 1, message: expect.stringContaining(kind) })
    expect(JSON.stringify(finding)).not.toContain(secret)
    expect(finding.evidence[0]).toMatchObject({ path: '/note' })
  })

  it('a field that is named for one tells too', () => {
    expect(check('secrets', { db_password: 'tr0ub4dor-and-3' }).failed).toBe(1)
    expect(check('secrets', { db_password: '' }).failed).toBe(0)
    expect(check('secrets', { access_token: randomUUID() }).failed).toBe(0)
  })

  it.each([
    'The password must have 12 characters.',
    'token: string, secret: boolean',
    'password=<PASSWORD-1234>',
    'sk-learn is a library',
    'https://example.org:8080/path',
    'max_tokens: 4096',
    'key=value',
  ])('%s is none', (text) => {
    expect(check('secrets', text).failed).toBe(0)
  })
})

describe('personal data', () => {
  it.each([
    ['email', 'write to jane.doe+x@mail.example.org.', 'jane.doe+x@mail.example.org'],
    ['phone', 'call +49 30 1234567 now', '+49 30 1234567'],
    ['phone', 'call (415) 555-0132 now', '(415) 555-0132'],
    ['phone', 'Tel.: 030 1234567', '030 1234567'],
    ['card', 'card 4111 1111 1111 1111', '4111 1111 1111 1111'],
    ['card', 'card 378282246310005', '378282246310005'],
    ['iban', 'pay to DE89 3704 0044 0532 0130 00 today', 'DE89 3704 0044 0532 0130 00'],
    ['national_id', 'his number is 123-45-6789.', '123-45-6789'],
  ])('%s: %s', (kind, text, shown) => {
    const finding = check('personal_data', { a: ['ä', text] })
    expect(finding).toMatchObject({
      failed: 1,
      message: expect.stringContaining(kind),
      evidence: [{ path: '/a/1', text: shown }],
    })
  })

  it.each([
    'card 4111 1111 1111 1112',
    'pay to DE89 3704 0044 0532 0130 01',
    'his number is 000-45-6789',
    'version 1.2.3@latest and user@localhost',
    'from 2024-05-01 to 2024-06-01',
    'the sum 1+1234567890',
    '@mention and @scope/package',
    '192.168.0.1 and 8.8.8.8',
  ])('none in: %s', (text) => {
    expect(check('personal_data', text).failed).toBe(0)
  })

  it('looks for what it is asked to, and lets through what is allowed', () => {
    expect(check('personal_data', '8.8.8.8', { kinds: ['ip_address'] }).failed).toBe(1)
    expect(check('personal_data', 'a@b.example.org', { kinds: ['phone'] }).failed).toBe(0)
    expect(check('personal_data', 'Press@City.org', { allow: ['press@city.org'] }).failed).toBe(0)
  })

  it('counts evidence in bytes of UTF-8', () => {
    expect(check('personal_data', 'Grüße an a@b.org').evidence).toMatchObject([{ byte_start: 11, byte_end: 18 }])
  })
})

describe('sensitive topics', () => {
  const found = (text: string): string =>
    (check('sensitive_topics', text).topics ?? []).map(({ topic }) => topic).join()

  it.each([
    ['health_advice', 'You should take 400 mg of ibuprofen twice a day.'],
    ['health_advice', 'Patients are advised to rest and to drink plenty of fluids.'],
    ['health_advice', 'Consult a doctor if the fever lasts for three days.'],
    ['health_advice', 'Avoid aspirin during pregnancy.'],
    ['health_advice', 'Take two tablets every four hours.'],
    ['financial_advice', 'You should put your savings into index funds.'],
    ['financial_advice', 'We recommend buying Bitcoin now.'],
    ['legal_claims', 'The landlord is liable for damages.'],
    ['legal_claims', 'The company violated the law.'],
    ['legal_claims', 'Our product is fully GDPR compliant.'],
    ['politics', 'Vote for Jane Roe.'],
    ['politics', 'The senator won the election.'],
  ])('%s: %s', (topic, text) => {
    expect(found(text)).toBe(topic)
  })

  it.each([
    'You should run the health check of the service before you deploy.',
    'The budget for the hospital must be cut by three percent.',
    'Enter your legal name, and always use the party you registered with.',
    'Raft uses leader election; each candidate must ask every voter node.',
    'The muster doctor command should find the disk.',
    'You must return the value, and never share the token.',
    'The council approved 2 million euros for shade trees.',
    'The stock level must be checked every day.',
    'The heat wave led to fourteen ambulance calls.',
    'The schema must reject illegal characters.',
  ])('nothing in: %s', (text) => {
    expect(found(text)).toBe('')
  })

  it('shows the sentence alone, without citations around it', () => {
    const text = 'Ünder one. [a.md:0-9]\nYou should see a doctor. [b.md:10-34]\nThe rest is fine. [c.md:0-4]'
    const [topic] = check('sensitive_topics', { text }).topics ?? []
    expect(topic).toMatchObject({
      topic: 'health_advice',
      evidence: [{ path: '/text', text: 'You should see a doctor.', byte_start: 23 }],
    })
  })

  it('shows the same words once, and says when it cannot show all', () => {
    const text = 'You should see a doctor.'
    expect(check('sensitive_topics', { text, again: [text, text] }).topics).toMatchObject([{ evidence: [{ text }] }])
    const many = Array.from({ length: 250 }, (_, at) => `You should see a doctor on day ${at}.`)
    const [topic] = check('sensitive_topics', many).topics ?? []
    expect(topic?.evidence).toHaveLength(201)
    expect(topic?.evidence.at(-1)?.text).toBe('(50 more sentences)')
  })

  it('looks only for the topics of the policy, and for words of its own', () => {
    const text = 'The Zeppelin project is late, and you should see a doctor.'
    expect(check('sensitive_topics', text, {}, { topics: ['politics'] }).failed).toBe(0)
    const own = { topics: ['unannounced'], topic_words: { unannounced: ['zeppelin project', '('] } }
    expect(check('sensitive_topics', text, {}, own).topics).toMatchObject([{ topic: 'unannounced' }])
    expect(check('sensitive_topics', 'Zeppelin projects', {}, own).failed).toBe(0)
  })
})

describe('form', () => {
  it('length counts characters and words, of all or at a path', () => {
    expect(check('length', { a: 'one two', b: '😀' }, { characters_min: 9 })).toMatchObject({ failed: 1, of: 1 })
    expect(check('length', { a: 'one two', b: '😀' }, { characters_max: 8, words_max: 3 })).toMatchObject({
      failed: 0,
      of: 2,
    })
    expect(check('length', { a: 'one two', b: 'x' }, { path: '/b', words_min: 2 })).toMatchObject({
      message: '1 words, minimum 2',
    })
    expect(check('length', { a: 'one' })).toMatchObject({ failed: 0, of: 0 })
  })

  it('required sections are headings, whatever their level and case', () => {
    const text = '# Summary\n\nText.\n\nNext *steps*\n----------\n'
    const sections = ['summary', 'Next steps', 'Risks']
    expect(check('required_sections', { text }, { path: '/text', sections })).toMatchObject({
      failed: 1,
      of: 3,
      message: 'missing sections: “Risks”',
    })
  })

  it('banned content: whole words without case, patterns of RE2, and no others', () => {
    const params = { words: ['secret sauce', 'C++'], patterns: ['v\\d+\\.0-beta'] }
    expect(check('banned_content', 'The Secret  Sauce of C++ v2.0-beta', params)).toMatchObject({ failed: 3, of: 3 })
    expect(check('banned_content', 'secret sauces', params).failed).toBe(0)
    expect(check('banned_content', 'aaa', { patterns: ['(a+)+$', '(?=a)'] })).toMatchObject({
      failed: 2,
      message: 'contains “(a+)+$”; invalid pattern (?=a)',
    })
    const started = processorMs()
    check('banned_content', `${'a'.repeat(100_000)}b`, { patterns: ['(a+)+$', '(a|a)*c'] })
    expect(processorMs() - started).toBeLessThan(2000)
  })

  it('texts are walked without recursion and named by JSON Pointers', () => {
    expect(textsOf({ 'a/b': ['x', { '~': 'y' }], n: 1, z: 'z' }).map(({ path, text }) => [path, text])).toEqual([
      ['/a~1b/0', 'x'],
      ['/a~1b/1/~0', 'y'],
      ['/z', 'z'],
    ])
    let deep: unknown = 'end'
    for (let level = 0; level < 20_000; level++) deep = [deep]
    expect(textsOf(deep)).toHaveLength(1)
  })

  it('a task adds to the policy and weakens nothing', () => {
    const own = { check: 'secrets', severity: 'info', weight: 0, measures: 'compliance', violation_from: 1 } as const
    const rules = rulesFor(default_policy.checks, ['grounding', 'secrets', 'length', own])
    expect(rules.map((rule) => rule.check)).toEqual([
      ...default_policy.checks.map((rule) => rule.check),
      'grounding',
      'secrets',
    ])
  })
})

describe('output schema', () => {
  const schema = (output_schema: unknown, output: unknown) => check('output_schema', output, {}, { output_schema })

  it('says what does not match, and checks nothing without a schema', () => {
    const one = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
    expect(schema(one, { n: 1 })).toMatchObject({ failed: 0, of: 1 })
    expect(schema(one, { n: 'x' })).toMatchObject({ failed: 1, message: '/n must be integer' })
    expect(schema({}, 1)).toMatchObject({ failed: 0, of: 0 })
    expect(schema(undefined, 1)).toMatchObject({ failed: 0, of: 0 })
  })

  it('keeps patterns apart and on RE2', () => {
    const two = { properties: { a: { pattern: '^a+$' }, b: { pattern: '^b+$' } } }
    expect(schema(two, { a: 'aa', b: 'bb' }).failed).toBe(0)
    expect(schema(two, { a: 'aa', b: 'aa' }).failed).toBe(1)
    expect(schema({ pattern: '(?=a)b' }, 'b')).toMatchObject({ failed: 1, message: expect.stringContaining('RE2') })
    const started = processorMs()
    expect(schema({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}b`).failed).toBe(1)
    expect(processorMs() - started).toBeLessThan(2000)
  })

  it('knows nothing of other schemas, and follows no remote reference', () => {
    const id = 'https://example.org/one'
    expect(schema({ $id: id, type: 'string' }, 'x').failed).toBe(0)
    expect(schema({ $id: id, type: 'integer' }, 'x').failed).toBe(1)
    expect(schema({ $ref: id }, 'x')).toMatchObject({ failed: 1, message: expect.stringContaining('invalid schema') })
  })

  it('refuses references whose work doubles at each step', () => {
    const definitions: Record<string, unknown> = { d0: { type: 'integer' } }
    for (let level = 1; level <= 40; level++) {
      const $ref = `#/$defs/d${level - 1}`
      definitions[`d${level}`] = { allOf: [{ $ref }, { $ref }] }
    }
    const $ref = '#'
    const recursive = { properties: { a: { allOf: [{ $ref }, { $ref }] } } }
    let nested: unknown = 1
    for (let level = 0; level < 60; level++) nested = { a: nested }
    expect(schema({ $defs: definitions, $ref: '#/$defs/d40' }, 1).message).toContain('too costly')
    expect(schema(recursive, nested).message).toContain('too costly')
    expect(schema({ allOf: [{ $ref }] }, 1).failed).toBe(1)
    const tree = { properties: { left: { $ref }, right: { $ref }, n: { type: 'integer' } } }
    expect(schema(tree, { left: { n: 1 }, right: { left: { n: 'x' } } })).toMatchObject({
      message: '/right/left/n must be integer',
    })
  })

  it('finds equal items in linear time', () => {
    expect(
      schema({ uniqueItems: true }, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]).failed,
    ).toBe(1)
    const many = Array.from({ length: 20_000 }, (_, n) => ({ n }))
    const started = processorMs()
    expect(schema({ uniqueItems: true }, many).failed).toBe(0)
    expect(processorMs() - started).toBeLessThan(2000)
  })
})
