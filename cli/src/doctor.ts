import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import type { HealthDetailed } from '@muster/contract/platform/health'

/** The facts that doctor found; null where one could not be found. */
export interface Facts {
  readonly node_version: string
  readonly data_directory: string
  readonly directory_exists: boolean
  readonly directory_writable: boolean
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
    message: `Node ${node_version} is too old`,
    remedy: 'Install Node 20.19 or newer, better 22 or 24.',
  }
}

function directoryFinding(facts: Facts): Finding {
  const { data_directory: path } = facts
  if (!facts.directory_exists) {
    return { check: 'data directory', status: 'ok', message: `${path} is not there yet; the first start makes it` }
  }
  if (facts.directory_writable) return { check: 'data directory', status: 'ok', message: path }
  const remedy = `Give yourself the right to write there, or name another one with MUSTER_DATA_DIR.`
  return { check: 'data directory', status: 'failing', message: `${path} cannot be written`, remedy }
}

function diskFinding({ free_bytes }: Facts): Finding {
  if (free_bytes === null) return { check: 'disk', status: 'warning', message: 'the free space is not known' }
  const message = `${(free_bytes / gib).toFixed(1)} GiB free`
  if (free_bytes >= gib) return { check: 'disk', status: 'ok', message }
  const remedy = 'Free some space: the database must be able to write at any time.'
  return { check: 'disk', status: free_bytes < gib / 8 ? 'failing' : 'warning', message, remedy }
}

function lockFinding({ lock_held, health, data_directory }: Facts): Finding {
  if (lock_held) return { check: 'lock', status: 'ok', message: 'a running server holds the data directory' }
  const message = `nobody holds ${data_directory}`
  return {
    check: 'lock',
    status: 'ok',
    message: health === null ? message : `${message}; the server keeps its data elsewhere`,
  }
}

function portFinding({ address, health, port_in_use, lock_held }: Facts): Finding {
  if (health !== null) return { check: 'port', status: 'ok', message: `Muster ${health.version} answers at ${address}` }
  if (port_in_use) {
    const remedy = 'Stop that program, or start Muster on another port with MUSTER_PORT.'
    return { check: 'port', status: 'failing', message: `something else answers at ${address}`, remedy }
  }
  if (lock_held) {
    const remedy = 'It may still be starting. Else name its address with MUSTER_HOST and MUSTER_PORT.'
    return { check: 'port', status: 'warning', message: `a server runs, and not at ${address}`, remedy }
  }
  const remedy = 'Start Muster: npm start'
  return { check: 'port', status: 'warning', message: `${address} is free, and Muster is not running`, remedy }
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
  if (skew_ms <= clock_skew_ms_max) return { check: 'clock', status: 'ok', message: 'agrees with the database' }
  const remedy = 'Synchronise the clocks of both machines (NTP).'
  const message = `differs from the database by ${(skew_ms / 1_000).toFixed(1)} s`
  return { check: 'clock', status: 'warning', message, remedy }
}

function fleetFindings({ fleet, fleet_error }: Facts): Finding[] {
  if (fleet === null) {
    const why = fleet_error === null ? '' : `: ${fleet_error}`
    return [unknown(`journal`), { ...unknown('workers'), message: `not known${why}` }]
  }
  const findings: Finding[] = []
  const lag = `${Math.round(fleet.journal_lag_ms)} ms behind`
  if (fleet.journal_lag_ms <= journal_lag_ms_max) findings.push({ check: 'journal', status: 'ok', message: lag })
  else {
    const remedy = 'Something holds a long transaction in the database cluster; /health/detailed names it.'
    findings.push({ check: 'journal', status: 'warning', message: lag, remedy })
  }
  const polling = fleet.workers.length
  if (polling > 0) findings.push({ check: 'workers', status: 'ok', message: `${polling} polling` })
  else {
    const remedy = 'Start one: `npx muster up` has one, remote agents bring their own.'
    findings.push({
      check: 'workers',
      status: fleet.tasks.ready > 0 ? 'failing' : 'warning',
      message: 'none is polling',
      remedy,
    })
  }
  for (const stop of fleet.stops) {
    const remedy = `Lift it: DELETE /api/v1/${stopPaths[stop.scope.kind]}/${stop.scope.id}/stop`
    findings.push({
      check: 'stop',
      status: 'warning',
      message: `an emergency stop holds for the ${stop.scope.kind}`,
      remedy,
    })
  }
  return findings
}

const stopPaths = { organization: 'orgs', project: 'projects', agent: 'agents' } as const

const unknown = (check: string): Finding => ({
  check,
  status: 'warning',
  message: 'not known, the server does not answer',
  remedy: 'Start Muster: npm start',
})
