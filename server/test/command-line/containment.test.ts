/** Real programs that behave badly, in every way that this machine has of holding them: contained, reported, cleaned up. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bubblewrap, type Listener, listen, testPlace, ways } from './place.ts'

const place = await testPlace()
let listener: Listener
beforeEach(async () => {
  listener = await listen()
  place.logged.length = 0
})
afterEach(async () => {
  expect(place.leftOvers()).toEqual([])
  await listener[Symbol.asyncDispose]()
})
afterAll(() => place[Symbol.asyncDispose]())

const isRoot = process.getuid?.() === 0

describe('bubblewrap', () => {
  it('is here, or the reason why it cannot be is said', ({ skip }) => {
    if (!bubblewrap.available) {
      // That it is missing or refused must be this machine's doing, not ours.
      const { status } = spawnSync('bwrap', ['--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true'])
      expect(status).not.toBe(0)
      skip(bubblewrap.reason)
    }
    expect(bubblewrap).toMatchObject({ available: true, version: expect.stringMatching(/^bubblewrap \d/) })
  })
})

describe.each(ways)('a command line $name', (way) => {
  // As root without a user of its own no ceiling on processes holds, so nothing may try it.
  const hasCeiling = way.own_user || !isRoot

  it('is told its task and gives its answer, its files and its transcript', async () => {
    const given: string[] = []
    const result = await place.run(way, ['answer'], {
      files: [{ path: 'in/put.txt', bytes: Buffer.from('input') }],
      onFile: async ({ path }, bytes) => void given.push(`${path}: ${Buffer.from(bytes)}`),
    })
    expect(result).toMatchObject({ status: 'exited', exit_code: 0, is_done: true, output_text: 'told: count to three' })
    expect(result.changed_files).toEqual([
      { path: 'made.txt', change: 'added', bytes: 5, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
    expect(given).toEqual(['made.txt: made\n'])
    expect(readFileSync(result.transcript_path ?? '', 'utf8')).toBe('told: count to three\n')
    expect(place.logged).toEqual(['info: told: count to three'])
    expect(result.containment).toMatchObject({ sandbox: way.sandbox, user: way.own_user ? 'own' : 'server' })
  })

  it('has an environment of its own', async () => {
    const { output_text } = await place.run(way, ['environment'], { adapter: { env: { EXTRA: '{workspace}' } } })
    const environment = JSON.parse(output_text)
    const known = /^(PATH|LANG|TZ|TERM|HOME|USER|LOGNAME|SHELL|TMPDIR|PWD|OLDPWD|MUSTER_RUN_ID|EXTRA)$/
    expect(Object.keys(environment).filter((name) => !known.test(name))).toEqual([])
    expect(environment.EXTRA).toBe(environment.PWD)
    expect(environment.HOME).toMatch(/\/runs\/run-.*\/home$/)
  })

  it('is told its task in the way that it takes', async () => {
    const home_files = { '.settings/agent.json': '{"url":"{gateway_url}/v1"}' }
    const gateway = { url: 'http://127.0.0.1:1/', key: 'a-key-of-some-length', model: 'm' }
    const told = async (prompt: string, args: readonly (string | string[])[]) => {
      const adapter = { prompt, args: [place.program, 'told', ...args], home_files }
      return JSON.parse((await place.run(way, [], { adapter, gateway })).output_text)
    }
    const home = '{"url":"http://127.0.0.1:1/v1"}'
    expect(await told('argument', ['--', '{prompt}', ['--model', '{model}']])).toMatchObject({
      words: ['--', 'count to three', '--model', 'm'],
      home,
      input: '',
    })
    expect(await told('file', ['{prompt_file}'])).toMatchObject({ file: 'count to three', input: '' })
    expect(await told('stdin', [])).toMatchObject({ words: [], input: 'count to three' })
  })

  it('that hangs is ended when its time is up', async () => {
    const result = await place.run(way, ['hang', listener.port], { limits: { wall_ms: 700 } })
    expect(result).toMatchObject({ status: 'timeout', is_done: false, retryable: true })
    expect(result.reason).toContain('700 ms')
    await listener.silence()
  })

  it('that falls silent is ended', async () => {
    const result = await place.run(way, ['hush', listener.port], { limits: { idle_ms: 700 } })
    expect(result).toMatchObject({ status: 'timeout', reason: 'No output for 700 ms.' })
    await listener.silence()
  })

  it('that ignores SIGTERM is asked first and killed then', async () => {
    const stop = new AbortController()
    // Long enough to be heard on a busy machine.
    const limits = { grace_ms: 800 }
    const running = place.run(way, ['stubborn', listener.port], { signal: stop.signal, limits })
    await listener.heard(1)
    stop.abort()
    expect(await running).toMatchObject({
      status: 'killed',
      retryable: false,
      reason: 'The run was stopped.',
      transcript_tail: 'asked to end',
    })
    await listener.silence()
  })

  it('that heeds SIGTERM is given the time to', async () => {
    const stop = new AbortController()
    const limits = { grace_ms: 30_000 }
    const running = place.run(way, ['gentle', listener.port], { signal: stop.signal, limits })
    await listener.heard(1)
    stop.abort()
    expect(await running).toMatchObject({ status: 'killed', transcript_tail: 'asked to end' })
  })

  it('leaves nothing behind that it started in a session of its own', async () => {
    const running = place.run(way, ['leave', listener.port])
    await listener.heard(2)
    listener.answer()
    const result = await running
    expect(result).toMatchObject({ status: 'exited', is_done: true, output_text: 'done' })
    if (way.sandbox === 'none') {
      expect(result.left_behind).toBeGreaterThan(0)
      expect(place.logged.at(-1)).toMatch(/processes were still running and were killed/)
    }
    await listener.silence()
  })

  it.runIf(way.is_held)('is held even where it drops every mark and leaves every group', async () => {
    const stop = new AbortController()
    const running = place.run(way, ['escape', listener.port], { signal: stop.signal })
    await listener.heard(2)
    stop.abort()
    await running
    await listener.silence()
  })

  it('is ended with all of its forty processes', async () => {
    const stop = new AbortController()
    const running = place.run(way, ['herd', listener.port, '40'], { signal: stop.signal })
    await listener.heard(41)
    stop.abort()
    expect(await running).toMatchObject({ status: 'killed' })
    await listener.silence()
  })

  it.runIf(hasCeiling)('cannot bring the machine down by forking', async () => {
    const stop = new AbortController()
    const refused = /[Cc]annot fork|Resource temporarily unavailable/
    const result = await place.run(way, ['bomb'], {
      limits: { processes_max: 80 },
      signal: stop.signal,
      // The bomb goes on for as long as it is let; that the system refuses it more processes is what is waited for.
      onLog: (_level, text) => refused.test(text) && stop.abort(),
    })
    expect(result).toMatchObject({ status: 'killed', containment: { has_ceilings: true } })
    expect(readFileSync(result.transcript_path ?? '', 'utf8')).toMatch(refused)
  })

  it('that floods its output is killed', async () => {
    const result = await place.run(way, ['flood'], {
      limits: { output_bytes_max: 1_000_000, transcript_bytes_max: 10_000 },
    })
    expect(result).toMatchObject({ status: 'output_limit', retryable: false })
    expect(result.reason).toContain('1000000 bytes')
    expect(readFileSync(result.transcript_path ?? '').length).toBeLessThan(10_100)
    expect(place.logged.length).toBeLessThan(600)
  })

  it('that writes endless short lines is killed', async () => {
    const result = await place.run(way, ['drizzle'], { limits: { output_lines_max: 5_000, log_lines_per_s_max: 3 } })
    expect(result).toMatchObject({ status: 'output_limit' })
    expect(place.logged.filter((line) => line.includes('lines are not shown here')).length).toBeGreaterThan(0)
  })

  it('that gives no result is not done', async () => {
    expect(await place.run(way, ['silent'])).toMatchObject({
      status: 'exited',
      exit_code: 0,
      is_done: false,
      retryable: true,
      reason: 'Exited without a result.',
    })
  })

  it('that fails says with what, and whether another try may help', async () => {
    const failed = await place.run(way, ['fail', '3'], { adapter: { retry_exit_codes: [75] } })
    expect(failed).toMatchObject({ status: 'exited', exit_code: 3, is_done: false, retryable: false })
    expect(failed.reason).toBe('Exited with code 3. Output: ! something went wrong')
    expect(await place.run(way, ['fail', '75'], { adapter: { retry_exit_codes: [75] } })).toMatchObject({
      exit_code: 75,
      retryable: true,
    })
  })

  it('that is killed by another is reported as such', async () => {
    const result = await place.run(way, ['die'])
    expect(result).toMatchObject({ is_done: false, retryable: true })
    // Bubblewrap passes it on as a code, as shells do.
    expect(result).toMatchObject(way.sandbox === 'none' ? { status: 'killed' } : { status: 'exited', exit_code: 137 })
  })

  it('may write anything; what is kept is text', async () => {
    const { output_text } = await place.run(way, ['garble'])
    expect(output_text).toBe('red \ufffd\ufffd end')
  })

  it('need not read its task', async () => {
    const result = await place.run(way, ['deaf'], { prompt: 'x'.repeat(1_000_000) })
    expect(result).toMatchObject({ is_done: true, output_text: 'never read a word' })
  })

  it('does not get its key into logs, transcripts or results', async () => {
    const key = 'mst_a-key-for-this-run-alone'
    const result = await place.run(way, ['tell', 'OPENAI_API_KEY'], {
      adapter: { wire: 'openai', env: { OPENAI_API_KEY: '{gateway_key}', OPENAI_BASE_URL: '{gateway_url}/v1' } },
      gateway: { url: 'http://127.0.0.1:1', key },
    })
    expect(result.output_text).toBe('the key is [masked]')
    const everything = JSON.stringify([result, place.logged, readFileSync(result.transcript_path ?? '', 'utf8')])
    expect(everything).not.toContain(key)
    expect(everything).toContain('again [masked]')
  })

  it('finds no secret of the server', async () => {
    const { output_text } = await place.run(way, ['peek', place.data, homedir()])
    const found = JSON.parse(output_text)
    expect(found).toMatchObject({ environment: false, own_home: ['.gitconfig'] })
    // Without bubblewrap and a user of its own it may read what the server may: the how-to says so, and here it shows.
    if (way.is_held) expect(found).toMatchObject({ others: false, data: false })
    else expect(found).toMatchObject({ data: true })
    if (way.sandbox === 'bubblewrap') expect(found.home).toBe(false)
  })

  it.runIf(way.is_held)('writes nowhere but into its own folders', async () => {
    const places = ['/usr/trespass', '/etc/trespass', join(place.data, 'x'), join(place.folder, 'x'), '../x', '../../x']
    const { output_text } = await place.run(way, ['trespass', ...places])
    const tried: boolean[] = JSON.parse(output_text)
    if (way.own_user) expect(tried).toEqual(places.map(() => false))
    // In a namespace of its own some of these are folders that exist for it alone.
    for (const path of places.slice(0, 4)) expect(existsSync(path)).toBe(false)
  })

  it('cannot make us follow its links', async () => {
    const given: string[] = []
    const result = await place.run(way, ['link', join(place.data, 'secret.key')], {
      adapter: { env: { OUTPUT: '{output_file}' }, result: { from: 'file' } },
      onFile: async ({ path }) => void given.push(path),
    })
    expect(result).toMatchObject({ is_done: false, output_text: '', reason: 'Exited without a result.' })
    expect(result.changed_files).toMatchObject([
      { path: 'folder', left_out: 'a link', sha256: '' },
      { path: 'leak', left_out: 'a link', sha256: '' },
      { path: 'pipe', left_out: 'not a file', sha256: '' },
      { path: 'real.txt', bytes: 5 },
    ])
    expect(given).toEqual(['real.txt'])
  })

  it('may leave its result in a file', async () => {
    const adapter = { env: { OUTPUT: '{output_file}' }, result: { from: 'file' } }
    const result = await place.run(way, ['put', 'from a file'], { adapter })
    expect(result).toMatchObject({ is_done: true, output_text: 'from a file', changed_files: [] })
  })

  it('is cleaned up after, whatever it has locked or nested', async () => {
    expect(await place.run(way, ['mess'])).toMatchObject({ is_done: true, output_text: 'made a mess' })
  })

  it('gets no more rights than it has', async () => {
    const { output_text } = await place.run(way, ['rights'])
    expect(output_text).toBe('NoNewPrivs:\t1')
  })

  it.runIf(way.sandbox === 'bubblewrap')('has a network only where its adapter says so', async () => {
    const reached = await place.run(way, ['reach', listener.port])
    expect(reached.output_text).toBe('reached')
    const alone = await place.run(way, ['reach', listener.port], { adapter: { network: false } })
    expect(alone.output_text).toBe('not reached: ECONNREFUSED')
  })
})
