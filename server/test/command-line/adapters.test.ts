/** The adapters that come with the server and the example, read as an operator's are; the example is run as well. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { readAdapters } from '../../src/modules/runtimes/command-line/adapter-files.service.ts'
import { runCommandLine } from '../../src/modules/runtimes/command-line/run.service.ts'
import { testPlace, ways } from './place.ts'

const examples = fileURLToPath(new URL('../../../examples/command-lines/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'muster-adapters-'))
const place = await testPlace()
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await place[Symbol.asyncDispose]()
})

describe('adapter files', () => {
  it('that come with the server say whose calls are counted', () => {
    const counted = [...readAdapters().values()].map(({ name, wire, metered }) => [name, wire, metered])
    expect(counted).toEqual([
      ['claude-code', 'anthropic', true],
      ['codex', 'responses', true],
      ['gemini-cli', 'gemini', false],
      ['iflow', 'openai', true],
    ])
  })

  it('of the operator’s folder stand beside them, and win', () => {
    const own = readFileSync(join(examples, 'count-words.yaml'), 'utf8').replace('name: count-words', 'name: codex')
    writeFileSync(join(folder, 'codex.yaml'), own)
    const adapters = readAdapters(folder)
    expect(adapters.get('codex')).toMatchObject({ command: 'node' })
    expect(adapters.size).toBe(4)
    writeFileSync(join(folder, 'twice.yml'), own)
    expect(() => readAdapters(folder)).toThrow(/describes codex twice/)
    writeFileSync(join(folder, 'twice.yml'), 'name: [')
    expect(() => readAdapters(folder)).toThrow(/twice\.yml cannot be read/)
    expect(() => readAdapters('/nowhere')).toThrow(/\/nowhere is not a readable folder/)
  })

  it.each(ways)('the example runs $name', async (way) => {
    const adapter = readAdapters(examples).get('count-words')
    if (!adapter) throw new Error('the example is missing')
    const result = await runCommandLine({
      run_id: 'example',
      host: { ...place.host, own_user: way.own_user },
      adapter,
      sandbox: way.sandbox,
      prompt: 'Count.',
      files: [{ path: 'notes/a.txt', bytes: Buffer.from('one two three') }],
      signal: new AbortController().signal,
      onLog: () => {},
    })
    expect(result).toMatchObject({ is_done: true, output_text: 'notes/a.txt: 3' })
    expect(result.changed_files).toMatchObject([{ path: 'words.txt', change: 'added' }])
  })
})
