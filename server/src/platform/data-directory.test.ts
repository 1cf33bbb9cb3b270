import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DataDirectory, holderOf, openDataDirectory, readServerFile, stopHolder } from './data-directory.ts'
import { DirectoryHeldError, lockSocketPath } from './lock/directory-lock.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-directory-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const quiet = { onStop: () => {} }

/** Resolves when another holder was refused, or was told to stop: on a busy machine the first one may be a moment late. */
async function keptOut(path: string): Promise<void> {
  let stop: () => void = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const other = await openDataDirectory(path, { onStop: () => stop() }).catch((error: unknown) => error)
  if (other instanceof DirectoryHeldError) return
  await stopped
  await (other as DataDirectory)[Symbol.asyncDispose]()
}
const mode = (file: string) => statSync(file).mode & 0o777

/** A process of its own that holds a directory. */
async function holding(path: string) {
  const script = `
    import { openDataDirectory } from ${JSON.stringify(fileURLToPath(new URL('./data-directory.ts', import.meta.url)))}
    await openDataDirectory(${JSON.stringify(path)}, { onStop() {} })
    setInterval(() => {}, 1000)
    console.log('held')`
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

describe('the lock', () => {
  it('refuses a second one and names the holder', async () => {
    const path = join(root, 'data')
    await using first = await openDataDirectory(path, quiet)
    const refused = await openDataDirectory(path, quiet).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(DirectoryHeldError)
    expect(String(refused)).toContain(`process ${process.pid} on`)
    expect((await holderOf(path))?.nonce).toBe(first.holder.nonce)
    expect(JSON.parse(readFileSync(join(path, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it('is free again when given back, and leaves nothing behind', async () => {
    const path = join(root, 'data')
    for (let round = 0; round < 2; round += 1) {
      await using directory = await openDataDirectory(path, quiet)
      directory.publish('http://127.0.0.1:1')
    }
    expect(readdirSync(path)).toEqual([])
    expect(await holderOf(path)).toBeUndefined()
    expect(await holderOf(join(root, 'never'))).toBeUndefined()
  })

  it('is taken over from a process that was killed', async () => {
    const path = join(root, 'data')
    const child = await holding(path)
    try {
      await expect(openDataDirectory(path, quiet)).rejects.toThrow(`process ${child.pid}`)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(statSync(join(path, 'lock.sock')).isSocket()).toBe(true)
    await using directory = await openDataDirectory(path, quiet)
    expect((await holderOf(path))?.nonce).toBe(directory.holder.nonce)
    expect(readdirSync(path).sort()).toEqual(['lock.json', 'lock.sock'])
  })

  it('goes to exactly one of many that want it at the same time, over a dead one too', async () => {
    const path = join(root, 'data')
    for (let round = 0; round < 3; round += 1) {
      await leaveDeadSocket(path)
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => openDataDirectory(path, quiet)))
      const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
      expect(winners.length).toBe(1)
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DirectoryHeldError)
      for (const { value } of winners) await value[Symbol.asyncDispose]()
      expect(readdirSync(path)).toEqual([])
    }
  })

  it('is put back by its holder when somebody deletes it, and lets nobody in meanwhile', async () => {
    const path = join(root, 'data')
    await using first = await openDataDirectory(path, quiet)
    const socket = join(first.path, 'lock.sock')
    for (const deleted of [['lock.sock'], ['lock.sock', 'lock.json'], ['lock.json']]) {
      for (const name of deleted) rmSync(join(first.path, name))
      await keptOut(path)
      await vi.waitFor(async () => expect((await holderOf(path))?.nonce).toBe(first.holder.nonce), { timeout: 10_000 })
    }
    // Somebody else's in its place.
    const stranger = createServer((connection) => void connection.end('{}\n'))
    rmSync(socket)
    stranger.listen(socket)
    await once(stranger, 'listening')
    await vi.waitFor(async () => expect((await holderOf(path))?.nonce).toBe(first.holder.nonce), { timeout: 10_000 })
    stranger.close()
  })

  it.skipIf(process.platform !== 'linux')(
    'is not taken from a process that is stopped, though its socket is gone',
    async () => {
      const path = join(root, 'data')
      const child = await holding(path)
      child.kill('SIGSTOP')
      try {
        rmSync(join(path, 'lock.sock'))
        await expect(openDataDirectory(path, quiet)).rejects.toThrow(`process ${child.pid}`)
        // A copy of the directory is nobody's.
        cpSync(path, join(root, 'copy'), { recursive: true })
        await using _copy = await openDataDirectory(join(root, 'copy'), quiet)
      } finally {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      await using _own = await openDataDirectory(path, quiet)
    },
  )

  it('counts a holder that hangs as a holder', async () => {
    const path = join(root, 'data')
    mkdirSync(path)
    const deaf = createServer(() => {})
    deaf.listen(join(path, 'lock.sock'))
    await once(deaf, 'listening')
    await expect(openDataDirectory(path, quiet)).rejects.toThrow('does not answer')
    deaf.close()
  })

  it('stands among the temporary files where the path would be too long for a socket', async () => {
    const path = join(root, 'a-folder-with-a-long-name-'.repeat(4))
    await using directory = await openDataDirectory(path, quiet)
    const socket = lockSocketPath(directory.path)
    expect(socket.startsWith(tmpdir())).toBe(true)
    expect(Buffer.byteLength(socket)).toBeLessThan(100)
    await expect(openDataDirectory(path, quiet)).rejects.toBeInstanceOf(DirectoryHeldError)
  })

  it('stops the holder on request, and bears nonsense', async () => {
    const path = join(root, 'data')
    let stopped = (): void => {}
    const stop = new Promise<void>((resolve) => {
      stopped = resolve
    })
    await using directory = await openDataDirectory(path, { onStop: () => stopped() })
    const say = async (text: string) => {
      const socket = connect(lockSocketPath(directory.path))
      socket.write(text)
      let heard = ''
      socket.on('data', (chunk) => {
        heard += chunk.toString()
      })
      socket.on('error', () => {})
      await new Promise((resolve) => socket.on('close', resolve))
      return heard
    }
    expect(await say('what\n')).toBe('unknown\n')
    expect(await say('x'.repeat(100_000))).toBe('')
    expect(await stopHolder(path)).toBe(true)
    await stop
    expect(await stopHolder(join(root, 'never'))).toBe(false)
  })
})

describe('what is in it', () => {
  it('keeps secrets for the owner alone', async () => {
    const path = join(root, 'data')
    await using directory = await openDataDirectory(path, quiet)
    expect(directory.readSecret('first-key')).toBeUndefined()
    directory.writeSecret('first-key', 'mk_one')
    directory.writeSecret('first-key', 'mk_two')
    expect(directory.readSecret('first-key')).toBe('mk_two')
    expect(readFileSync(join(path, 'first-key'), 'utf8')).toBe('mk_two\n')
    expect([mode(path), mode(join(path, 'first-key')), mode(join(path, 'lock.sock'))]).toEqual([0o700, 0o600, 0o600])
  })

  it('has folders that are whole or not there', async () => {
    const path = join(root, 'data')
    await using directory = await openDataDirectory(path, quiet)
    const broken = directory.folder('database', async (folder) => {
      writeFileSync(join(folder, 'half'), '')
      throw new Error('killed')
    })
    await expect(broken).rejects.toThrow('killed')
    expect(readdirSync(path).some((name) => name === 'database')).toBe(false)
    const folder = await directory.folder('database', async (building) => writeFileSync(join(building, 'whole'), ''))
    expect([folder, readdirSync(folder)]).toEqual([join(directory.path, 'database'), ['whole']])
    await directory.folder('database', () => Promise.reject(new Error('it is there already')))
    expect(readdirSync(path).filter((name) => name.includes('.new-'))).toEqual([])
  })

  it('says where the server listens', async () => {
    const path = join(root, 'data')
    await using directory = await openDataDirectory(path, quiet)
    expect(readServerFile(path)).toBeUndefined()
    directory.publish('http://127.0.0.1:7700')
    expect(readServerFile(path)).toEqual({
      address: 'http://127.0.0.1:7700',
      pid: process.pid,
      started_at: directory.holder.started_at,
      socket: join(directory.path, 'lock.sock'),
    })
  })
})

/** A socket file that nobody listens on, as a killed process leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  mkdirSync(path, { recursive: true })
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script, join(path, 'lock.sock')]), 'exit')
  expect(statSync(join(path, 'lock.sock')).isSocket()).toBe(true)
}
