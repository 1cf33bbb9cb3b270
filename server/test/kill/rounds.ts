import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@muster/contract/limits'
import { check } from './checker.rules.ts'
import type { Call, DoneFault, Evidence, Finding } from './evidence.types.ts'
import { type Client, type ClientOptions, createClient } from './load/client.ts'
import { createLoad, type Load } from './load/load.ts'
import { observe, quiescence } from './observe.ts'
import { createRandom } from './random.ts'
import type { Fault, Round } from './schedule.ts'
import { type OwnPostgres, openStage, type Stage } from './stage/stage.ts'

export interface RunOptions {
  readonly program: string
  readonly seed: number
  readonly rounds: readonly Round[]
  readonly postgres: OwnPostgres | undefined
  readonly processes: number
  readonly calls_models: boolean
  /** Whether a remote agent works: what it never heard of is taken back when its lease is over. */
  readonly remote: boolean
  /** How long nothing may happen at the end before what is left counts as stuck. */
  readonly patience_ms: number
  onRound(played: PlayedRound): void
}

export interface PlayedRound {
  readonly number: number
  readonly fault: Fault
  /** Whether its point was reached; otherwise the process was killed at that moment. */
  readonly reached: boolean
  readonly took_ms: number
  readonly acknowledged: number
}

export interface RunReport {
  readonly rounds: readonly PlayedRound[]
  readonly findings: readonly Finding[]
  readonly evidence: Evidence
  readonly settled_ms: number
}

const lost_answers = 0.08
const bursts_max = 3
const stop_ms = limits.lease_ms + 4_000

/** Plays all rounds against an installation of their own. */
export async function runRounds(options: RunOptions): Promise<RunReport> {
  const faults: DoneFault[] = []
  await using stage = await openStage({ ...options, random: createRandom(options.seed, 2), faults })
  // Awaited here, so that the stage stands as long.
  return await harm(stage, { ...options, faults })
}

/** Plays all rounds against what stands there, waits until nothing is under way, and checks what is left. */
export async function harm(
  stage: Stage,
  options: Omit<RunOptions, 'program' | 'postgres'> & { readonly faults: readonly DoneFault[] },
): Promise<RunReport> {
  const { seed, rounds, remote, faults } = options
  const calls: Call[] = []
  await reopen(stage, options.processes, undefined)
  const client = clientOf(stage, { key: stage.key, seed, calls, lost_answers })
  // An answer with a key in it is given once only, so none is lost here.
  const { project_id, agent } = await furnish(clientOf(stage, { key: stage.key, seed, calls, lost_answers: 0 }))
  const agent_client = clientOf(stage, { key: agent.key, seed, calls, lost_answers })
  await using load = createLoad({
    ...options,
    client,
    project_id,
    agent: remote ? { ...agent, client: agent_client } : undefined,
  })
  const played: PlayedRound[] = []
  for (const [index, round] of rounds.entries()) {
    const began = Date.now()
    const reached = await play(stage, load, round)
    await reopen(stage, options.processes, rounds[index + 1])
    const done = { ...round, reached, took_ms: Date.now() - began, acknowledged: acknowledgedGoals(calls) }
    played.push(done)
    options.onRound(done)
  }
  const began = Date.now()
  for (let process = 0; process < options.processes; process += 1) await stage.ensure(process, undefined)
  await load.drained()
  await quiescence(client, options)
  const seen = await observe({ client, project_id, calls })
  const evidence = { ...seen, calls, faults, agent_id: agent.agent_id }
  return { rounds: played, findings: check(evidence), evidence, settled_ms: Date.now() - began }
}

export function clientOf(
  stage: Stage,
  {
    seed,
    calls,
    ...given
  }: Pick<ClientOptions, 'key' | 'lost_answers'> & { readonly seed: number; readonly calls: Call[] },
): Client {
  return createClient({
    ...given,
    history: calls,
    serverAddresses: stage.serverAddresses,
    random: createRandom(seed, 3),
  })
}

export const acknowledgedGoals = (calls: readonly Call[]): number =>
  calls.filter(({ operation, outcome }) => operation === 'POST /api/v1/goals' && outcome === 'ok').length

/** A project with a limit that every run is held for, and a remote agent with its key. */
export async function furnish(client: Client) {
  const made = async <T>(path: string, body: unknown): Promise<T> => {
    const call = await client.settle({ method: 'POST', path, body })
    if (call.outcome !== 'ok') throw new Error(`POST ${path} answered ${call.status} ${call.code}`)
    // The caller names the type of what this path answers.
    return call.data as T
  }
  const { id: project_id } = await made<{ id: string }>('/api/v1/projects', { name: 'Harmed' })
  const scope = { kind: 'project', id: project_id }
  const much = 1_000_000_000
  await made('/api/v1/budgets', { scope, window: 'total', cost_micro_usd: much, tokens: much, live_runs: 100 })
  // One for each project: the names of agents are the organization's.
  const name = `far-${project_id}`
  const capability = name
  const { id: agent_id } = await made<{ id: string }>('/api/v1/agents', { name, capabilities: [capability] })
  const { key } = await made<{ key: string }>('/api/v1/api-keys', { name, agent_id })
  return { project_id, agent: { agent_id, capability, key } }
}

/** Lets the load run and does the round's fault meanwhile. Says whether it came as scheduled. */
async function play(stage: Stage, load: Load, { number, fault }: Round): Promise<boolean> {
  if (fault.kind === 'kill_point') return playPoint(stage, load, { number, fault })
  const burst = load.burst(number)
  await Promise.race([load.flowing(), burst])
  await delay(fault.after_ms)
  switch (fault.kind) {
    case 'kill':
      await stage.kill(fault.process)
      break
    case 'stop':
      await stage.suspend(fault.process, stop_ms)
      break
    case 'database_restart':
      await stage.restartDatabase(fault.mode)
      break
    case 'database_cut':
      stage.cutDatabase(fault.connections)
      await burst
      break
  }
  return true
}

async function playPoint(
  stage: Stage,
  load: Load,
  { number, fault }: { readonly number: number; readonly fault: Extract<Fault, { kind: 'kill_point' }> },
): Promise<boolean> {
  const { process } = fault
  await stage.ensure(process, armingOf(fault))
  const ended = stage.ended(process).then(() => true)
  for (let bursts = 0; bursts < bursts_max; bursts += 1)
    if (await Promise.race([ended, load.burst(number).then(() => !stage.isRunning(process))])) return true
  await stage.kill(process)
  return false
}

const armingOf = ({ point, hit }: Extract<Fault, { kind: 'kill_point' }>): string => `${point}:${hit}`

/** What has ended starts again, armed for the next round if that is its own. */
async function reopen(stage: Stage, processes: number, next: Round | undefined): Promise<void> {
  const armed = next?.fault.kind === 'kill_point' ? next.fault : undefined
  for (let process = 0; process < processes; process += 1)
    if (!stage.isRunning(process)) await stage.ensure(process, armed?.process === process ? armingOf(armed) : undefined)
}
