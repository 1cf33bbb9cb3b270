import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import type { HealthDetailed } from '@muster/contract/platform/health'

/** The facts that doctor found; null where one could not be found. */
export interface Facts {
  readonly node_version: string
  readonly data_directory: string
  readonly directory_exists: boolean
  readonly directory_writable: boolean
  /** Where the directory does not exist: the nearest folder above it that does, and whether it can be made there. */
  readonly parent: { readonly path: string; readonly is_folder: boolean; readonly writable: boolean } | null
  readonly free_bytes: number | null
  readonly address: string
  readonly lock_held: boolean
  /** Whether anybody listens at the address, Muster or not. */
  readonly port_in_use: boolean
  readonly health: HealthDetailed | null
  /** Our time when the answer of health was half way. */
  readonly asked_at_ms: number
  readonly fleet: FleetStatus | null
  readonly fleet_error: string | null
}

export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'failing'
  readonly message: string
  readonly remedy?: string
}

const gib = 1024 ** 3
const clock_skew_ms_max = 2_000
const journal_lag_ms_max = 5_000

/** Turns facts into findings, each with its state and remedy. */
export function findingsOf(facts: Facts): Finding[] {
  return [
    nodeFinding(facts),
    directoryFinding(facts),
    diskFinding(facts),
    lockFinding(facts),
    portFinding(facts),
    ...databaseFindings(facts),
    clockFinding(facts),
    ...fleetFindings(facts),
  ]
}

function nodeFinding({ node_version }: Facts): Finding {
  const [major = 0, minor = 0] = node_version.replace(/^v/, '').split('.').map(Number)
  const isNew = major > 20 || (major === 20 && minor >= 19)
  if (isNew) return { check: 'node', status: 'ok', message: `Node ${node_version}` }
  return {
    check: 'node',
    status: 'failing',
    message: `Node ${node_version} is not supported`,
    remedy: 'Install Node 20.19 or later; 22 or 24 is recommended.',
  }
}

function directoryFinding(facts: Facts): Finding {
  const { data_directory: path } = facts
  const set = 'set MUSTER_DATA_DIR to another directory'
  if (facts.directory_exists) {
    if (facts.directory_writable) return { check: 'data directory', status: 'ok', message: path }
    const remedy = `Make it writable, or ${set}.`
    return { check: 'data directory', status: 'failing', message: `${path} is not writable`, remedy }
  }
  const { parent } = facts
  if (parent?.is_folder && parent.writable) {
    const message = `${path} does not exist yet; Muster creates it on first start`
    return { check: 'data directory', status: 'ok', message }
  }
  return {
    check: 'data directory',
    status: 'failing',
    message: `${path} does not exist and cannot be made: ${parent?.path ?? 'the folder above it'} is ${parent?.is_folder === false ? 'a file' : 'not writable'}`,
    remedy: parent?.is_folder === false ? `Move that file, or ${set}.` : `Make that folder writable, or ${set}.`,
  }
}

function diskFinding({ free_bytes }: Facts): Finding {
  if (free_bytes === null) return { check: 'disk', status: 'warning', message: 'free space unknown' }
  const message = `${(free_bytes / gib).toFixed(1)} GiB free`
  if (free_bytes >= gib) return { check: 'disk', status: 'ok', message }
  const remedy = 'Free up disk space. The database needs room to write.'
  return { check: 'disk', status: free_bytes < gib / 8 ? 'failing' : 'warning', message, remedy }
}

function lockFinding({ lock_held, health, data_directory }: Facts): Finding {
  if (lock_held) return { check: 'lock', status: 'ok', message: 'the server is running' }
  const message = `no server is using ${data_directory}`
  return {
    check: 'lock',
    status: 'ok',
    message: health === null ? message : `${message}; the running server uses another data directory`,
  }
}

function portFinding({ address, health, port_in_use, lock_held }: Facts): Finding {
  if (health !== null)
    return { check: 'port', status: 'ok', message: `Muster ${health.version} is running at ${address}` }
  if (port_in_use) {
    const remedy = 'Stop that program, or set MUSTER_PORT to another port.'
    return { check: 'port', status: 'failing', message: `another program is running at ${address}`, remedy }
  }
  if (lock_held) {
    const remedy = 'It may still be starting. Otherwise set MUSTER_HOST and MUSTER_PORT to its address.'
    return { check: 'port', status: 'warning', message: `the server is running, but not at ${address}`, remedy }
  }
  const remedy = 'Start Muster: npm start'
  return { check: 'port', status: 'warning', message: `${address} is free; Muster is not running`, remedy }
}

/** Findings from the server's own health. */
function databaseFindings({ health }: Facts): Finding[] {
  if (health === null) return [unknown('database')]
  return health.components.map(({ name, status, message, remedy }) => ({
    check: name,
    status: status === 'degraded' ? 'warning' : status,
    message: message ?? status,
    ...(remedy === undefined ? {} : { remedy }),
  }))
}

function clockFinding({ health, asked_at_ms }: Facts): Finding {
  if (health === null) return unknown('clock')
  const skew_ms = Math.abs(Date.parse(health.at) - asked_at_ms)
  if (skew_ms <= clock_skew_ms_max) return { check: 'clock', status: 'ok', message: 'in sync with the database' }
  const remedy = 'Synchronize the clocks of both machines (NTP).'
  const message = `out of sync with the database by ${(skew_ms / 1_000).toFixed(1)} s`
  return { check: 'clock', status: 'warning', message, remedy }
}

function fleetFindings({ fleet, fleet_error }: Facts): Finding[] {
  if (fleet === null) {
    const why = fleet_error === null ? '' : `: ${fleet_error}`
    return [unknown(`journal`), { ...unknown('workers'), message: `unknown${why}` }]
  }
  const findings: Finding[] = []
  const lag = `${Math.round(fleet.journal_lag_ms)} ms behind`
  if (fleet.journal_lag_ms <= journal_lag_ms_max) findings.push({ check: 'journal', status: 'ok', message: lag })
  else {
    const remedy = 'A long transaction is open in the database cluster; see /health/detailed.'
    findings.push({ check: 'journal', status: 'warning', message: lag, remedy })
  }
  const polling = fleet.workers.length
  if (polling > 0) findings.push({ check: 'workers', status: 'ok', message: `${polling} online` })
  else {
    const remedy = 'Start a worker with `npx muster up`, or start a remote agent.'
    findings.push({
      check: 'workers',
      status: fleet.tasks.ready > 0 ? 'failing' : 'warning',
      message: 'no worker is online',
      remedy,
    })
  }
  for (const stop of fleet.stops) {
    const remedy = `Lift the stop in the dashboard, or call DELETE /api/v1/${stopPaths[stop.scope.kind]}/${stop.scope.id}/stop.`
    findings.push({
      check: 'stop',
      status: 'warning',
      message: `emergency stop active for the ${stop.scope.kind}`,
      remedy,
    })
  }
  return findings
}

const stopPaths = { organization: 'orgs', project: 'projects', agent: 'agents' } as const

const unknown = (check: string): Finding => ({
  check,
  status: 'warning',
  message: 'unknown, the server does not respond',
  remedy: 'Start Muster: npm start',
})
