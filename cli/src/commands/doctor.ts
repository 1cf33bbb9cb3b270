import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { dirname, join } from 'node:path'
import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { getFleetStatus } from '@muster/contract/dashboard/operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { HealthDetailed } from '@muster/contract/platform/health'
import { getHealthDetailed } from '@muster/contract/platform/operations'
import { createClient } from '@muster/sdk/client'
import type { Command } from 'commander'
import { type Context, leaf, type Printed, print } from '../context.ts'
import { type Facts, type Finding, findingsOf } from '../doctor.ts'
import { describeFailure } from '../failures.ts'
import type { Settings } from '../settings.ts'
import { listens } from './stop.ts'

/** `muster doctor`: looks at everything that keeps Muster from running, each finding with its remedy. */
export function doctorCommand({ io, settings, exitWith }: Context): Command {
  return leaf('doctor', 'diagnose problems and suggest fixes').action(async (options: Printed) => {
    const findings = findingsOf(await gatherFacts(await settings()))
    print({ io, ...options }, findings, () => findings.flatMap(findingLines))
    exitWith(findings.some(({ status }) => status === 'failing') ? exitCodes.failed : exitCodes.done)
  })
}

const marks = { ok: 'ok  ', warning: 'WARN', failing: 'FAIL' } as const

function findingLines({ check, status, message, remedy }: Finding): string[] {
  return [`${marks[status]}  ${check}: ${message}`, ...(remedy === undefined ? [] : [`      → ${remedy}`])]
}

async function gatherFacts(settings: Settings): Promise<Facts> {
  const { data_directory, address, server } = settings
  const directory_exists = await exists(data_directory)
  const [health, fleet] = [await askHealth(address), await askFleet(settings)]
  return {
    node_version: process.version,
    data_directory,
    directory_exists,
    directory_writable: await writable(data_directory),
    parent: directory_exists ? null : await parentOf(data_directory),
    free_bytes: await freeBytes(data_directory),
    address,
    lock_held: await listens(server?.socket ?? join(data_directory, 'lock.sock')),
    port_in_use: health.answer !== null || (await portInUse(address)),
    health: health.answer,
    asked_at_ms: health.asked_at_ms,
    fleet: fleet.answer,
    fleet_error: fleet.error,
  }
}

async function askHealth(base_url: string): Promise<{ answer: HealthDetailed | null; asked_at_ms: number }> {
  const client = createClient({ base_url, attempts: 1, timeout_ms: 5_000 })
  const started_at_ms = Date.now()
  const answer = await client.call(getHealthDetailed).catch(() => null)
  // What answers at this address may be another program.
  const isOurs = answer?.service === 'muster' && Array.isArray(answer.components)
  return { answer: isOurs ? answer : null, asked_at_ms: (started_at_ms + Date.now()) / 2 }
}

async function askFleet({ address, key }: Settings): Promise<{ answer: FleetStatus | null; error: string | null }> {
  if (key === null) return { answer: null, error: 'no API key; set MUSTER_KEY' }
  const client = createClient({ base_url: address, key, attempts: 1, timeout_ms: 5_000 })
  return client.call(getFleetStatus).then(
    (answer) => ({ answer, error: null }),
    (error: unknown) => ({ answer: null, error: describeFailure(error) }),
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

async function writable(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** What is nearest on the way to a folder that is not there; a file can hold none. */
async function parentOf(path: string): Promise<Facts['parent']> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await stat(at).catch(() => null)
    if (stats !== null) return { path: at, is_folder: stats.isDirectory(), writable: await writable(at) }
    if (dirname(at) === at) return null
  }
}

/** The free space where the directory is, or will be. */
async function freeBytes(path: string): Promise<number | null> {
  for (let at = path; ; at = dirname(at)) {
    const fileSystem = await statfs(at).catch(() => null)
    if (fileSystem !== null) return fileSystem.bavail * fileSystem.bsize
    if (dirname(at) === at) return null
  }
}

function portInUse(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    const socket = connectSocket({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80), timeout: 2_000 })
    const end = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
