import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'

const watchdog = new URL('./watchdog.mjs', import.meta.url).href

/** A program that puts a folder under the watchdog, says so and then does what `after` says. */
async function programWith(folder: string, after: string) {
  const script = `import { startWatchdog } from ${JSON.stringify(watchdog)}
    const dog = startWatchdog('rm -rf "$1"', [${JSON.stringify(folder)}])
    console.log('watched')
    ${after}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

it('cleans up after a process that was killed, and not before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-watched-'))
  try {
    const child = await programWith(folder, 'setInterval(() => {}, 60_000)')
    expect(existsSync(folder)).toBe(true)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('cleans up when it is told to, twice too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-watched-'))
  try {
    const child = await programWith(folder, 'await dog.end(); await dog.end()')
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(0)
    expect(existsSync(folder)).toBe(false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
