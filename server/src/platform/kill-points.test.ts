import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { armKillPoints, commitKillPoints, killPoint, killPointNames } from './kill-points.ts'
import { silent_log } from './log.ts'

const point = killPoint('tests.point')
const commit = commitKillPoints('tests.commit')
const folder = mkdtempSync(join(tmpdir(), 'muster-kill-points-'))

afterEach(() => armKillPoints(undefined, silent_log))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('lists every point that a module has named', () => {
  expect(killPointNames()).toEqual(
    expect.arrayContaining(['tests.commit.after_commit', 'tests.commit.before_commit', 'tests.point']),
  )
})

it('touches no transaction while nothing is armed', () => {
  const untouched = () => expect.unreachable('a hook was registered')
  commit({ beforeCommit: untouched, afterCommit: untouched })
  point()
})

it('records each point once, and the two of a transaction when their moments come', async () => {
  const file = join(folder, 'reached')
  armKillPoints(`record:${file}`, silent_log)
  const before: (() => Promise<void>)[] = []
  const after: (() => void)[] = []
  commit({ beforeCommit: (work) => before.push(work), afterCommit: (work) => after.push(work) })
  point()
  point()
  for (const hook of before) await hook()
  for (const hook of after) hook()
  expect(readFileSync(file, 'utf8')).toBe('tests.point\ntests.commit.before_commit\ntests.commit.after_commit\n')
})

it.each([
  ['tests.pont:1', 'MUSTER_TEST_KILL_POINT names tests.pont, which is no kill point; the nearest is tests.point.'],
  ['tests.point', 'MUSTER_TEST_KILL_POINT takes name:hit or name:hit:stop, with the hit counted from 1.'],
  ['tests.point:0', 'MUSTER_TEST_KILL_POINT takes name:hit or name:hit:stop, with the hit counted from 1.'],
  ['tests.point:1:hup', 'MUSTER_TEST_KILL_POINT takes name:hit or name:hit:stop, with the hit counted from 1.'],
])('refuses %s', (setting, message) => {
  expect(() => armKillPoints(setting, silent_log)).toThrow(message)
})
