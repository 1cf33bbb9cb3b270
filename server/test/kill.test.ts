/** The short form of `npm run kill`: every point is reached, and at some of them the built program is killed. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { buildOnce, ownDatabase, root } from './e2e/muster.ts'
import type { DoneFault } from './kill/evidence.types.ts'
import { createLoad } from './kill/load/load.ts'
import { goalsEnded } from './kill/observe.ts'
import { killPoints } from './kill/points.ts'
import { createRandom } from './kill/random.ts'
import { clientOf, furnish, harm } from './kill/rounds.ts'
import type { Round } from './kill/schedule.ts'
import { openStage } from './kill/stage/stage.ts'

const seed = 16
const bursts_max = 20

await buildOnce()
const folder = mkdtempSync(join(tmpdir(), 'muster-kill-test-'))
const reached_file = join(folder, 'reached')
const database = await ownDatabase()
const faults: DoneFault[] = []
const stage = await openStage({
  program: join(root, 'cli/bin/muster.js'),
  postgres: database && { url: database.url, restart: () => Promise.reject(new Error('it is not ours to restart')) },
  processes: 1,
  arming: `record:${reached_file}`,
  random: createRandom(seed),
  faults,
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

const reached = (): readonly string[] =>
  existsSync(reached_file) ? readFileSync(reached_file, 'utf8').trim().split('\n').sort() : []

it('reaches every kill point that a module has named', async () => {
  const given = { seed, calls: [], lost_answers: 0 }
  const client = clientOf(stage, { ...given, key: stage.key })
  const { project_id, agent } = await furnish(client)
  const far = { ...agent, client: clientOf(stage, { ...given, key: agent.key }) }
  const load = createLoad({ seed, client, project_id, agent: far, calls_models: true })
  for (let bursts = 1; bursts <= bursts_max && reached().length < killPoints().length; bursts += 1)
    await load.burst(bursts)
  // A job is given up behind the waits between its tries, for which this machine may be too fast.
  await expect.poll(reached, { timeout: 120_000, interval: 500 }).toEqual(killPoints())
  // The next test would wait for goals that need the agent of this one.
  await goalsEnded(client)
  await load[Symbol.asyncDispose]()
  // What it holds ahead for calls of models is given back; of a killed process it would stay held for a minute.
  await stage.stop()
}, 300_000)

it('loses and doubles nothing where it is killed', async () => {
  const points = ['planner.goal.after_commit', 'judge.settle.before_commit', 'worker.claim.after_commit']
  const rounds = points.map(
    (point, index): Round => ({ number: index + 1, fault: { kind: 'kill_point', process: 0, point, hit: 1 } }),
  )
  const options = { seed, processes: 1, rounds, faults, calls_models: false, remote: false, patience_ms: 60_000 }
  const { findings, rounds: played } = await harm(stage, { ...options, onRound: () => {} })
  expect(findings).toEqual([])
  expect(played.filter((round) => !round.reached)).toEqual([])
}, 180_000)
