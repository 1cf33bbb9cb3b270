/** First starts that fail half-way, and programs whose output nobody reads any more. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { place, root } from './muster.ts'

const keyIn = (directory: string): string => readFileSync(join(directory, 'first-key'), 'utf8').trim()

const here = await place()

describe('a first start that fails', () => {
  it('on a port in use is followed by one that tells the key and runs the sample, once', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const MUSTER_PORT = String(typeof address === 'object' && address ? address.port : 0)
    const refused = here.start({ MUSTER_PORT })
    expect(await refused.ended).toBe(1)
    expect(refused.err()).not.toContain('mk_')
    await new Promise((resolve) => other.close(resolve))

    const second = await here.running()
    await second.until(/sample goal \S+/)
    expect(second.err()).toContain(keyIn(here.directory))
    second.process.kill('SIGTERM')
    expect(await second.ended).toBe(0)

    const third = await here.running()
    expect(third.err()).not.toContain('mk_')
    expect(third.err()).toContain(join(here.directory, 'first-key'))
    const goals = await here.data<{ title: string }[]>('goal', 'list')
    expect(goals.length).toBe(1)
    third.process.kill('SIGKILL')
    await third.ended
  })

  it('between the organization and its key is followed by one that makes another key', async () => {
    const lost = keyIn(here.directory)
    // What a process leaves that is killed right after the commit.
    rmSync(join(here.directory, 'first-key'))
    writeFileSync(join(here.directory, 'first-start'), '')

    const next = await here.running({ MUSTER_SAMPLE: '0' })
    expect(next.err()).toContain(keyIn(here.directory))
    expect(keyIn(here.directory)).not.toBe(lost)
    expect((await here.data<unknown[]>('goal', 'list')).length).toBe(1)
    next.process.kill('SIGTERM')
    expect(await next.ended).toBe(0)
  })

  it('with a data directory that cannot be made names it, and so does doctor', async () => {
    // A file stands in the way of the superuser too, whom permissions do not stop.
    const MUSTER_DATA_DIR = join(root, 'package.json', 'data')
    const refused = here.start({ MUSTER_DATA_DIR })
    expect(await refused.ended).toBe(1)
    expect(refused.err()).toContain(MUSTER_DATA_DIR)
    expect(refused.err()).toContain('set MUSTER_DATA_DIR')
    const doctor = await here.cliWith({ MUSTER_DATA_DIR, MUSTER_PORT: '1' }, 'doctor')
    expect(doctor.code).not.toBe(0)
    expect(doctor.out).toContain(`FAIL  data directory: ${MUSTER_DATA_DIR} does not exist and cannot be made`)
  })
})

describe('output that nobody reads any more', () => {
  it('leaves a server running, and its log goes on in the file', async () => {
    const server = await here.running({ MUSTER_SAMPLE: '0' })
    // What the kernel does to a pipe whose reader has ended.
    server.process.stdout?.destroy()
    const authorization = `Bearer ${keyIn(here.directory)}`
    const file = join(here.directory, 'server.log')
    await expect
      .poll(
        async () => {
          const answer = await fetch(`${server.address}/api/v1/nothing`, { headers: { authorization } })
          expect(answer.status).toBe(404)
          return existsSync(file) && readFileSync(file, 'utf8')
        },
        { timeout: 60_000 },
      )
      .toContain('standard output can no longer be written')
    server.process.stderr?.destroy()
    for (let times = 0; times < 3; times++) expect((await fetch(`${server.address}/health/ready`)).status).toBe(200)
    server.process.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  })

  it('lets a command print its result although its progress is read no more', async () => {
    await here.running({ MUSTER_SAMPLE: '0' })
    const plan = join(here.directory, 'plan.json')
    writeFileSync(plan, JSON.stringify({ tasks: [{ key: 'nap', capability: 'sleep', input: { ms: 1 } }] }))
    const words = ['goal', 'run', 'Nap', '--plan', plan, '--yes']
    const child = spawn(process.execPath, ['cli/bin/muster.js', ...words], {
      cwd: root,
      env: { PATH: process.env.PATH, MUSTER_DATA_DIR: here.directory },
    })
    child.stderr.destroy()
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
    expect(JSON.parse(out)).toEqual({ slept_ms: 1 })
  })
})
