/** The first start of the built program on an empty machine: the sample, from the terminal alone. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { getApproval, listApprovals } from '@muster/contract/approvals/operations'
import type { ResponseOf } from '@muster/contract/operation'
import type { getGoal, listGoalTasks } from '@muster/contract/planner/goals/goal.operations'
import type { getDocument } from '@muster/contract/state/operations'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Briefing, type Files, faultsOf, linesOf } from '../../../examples/briefing-faults.ts'
import { type Child, place, root } from './muster.ts'

const folder = join(root, 'examples/sample')
const names = readdirSync(folder).sort()
const sources: Files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]))

const here = await place()
let server: Child & { readonly address: string }
let key = ''
beforeAll(async () => {
  server = await here.running()
  key = readFileSync(join(here.directory, 'first-key'), 'utf8')
})

const api = async (path: string): Promise<Response> =>
  fetch(`${server.address}${path}`, { headers: { authorization: `Bearer ${key.trim()}` } })
type Approvals = ResponseOf<typeof listApprovals>['items']

describe('a first start', () => {
  it('keeps the first key for its owner alone, before it is ready, and prints it once', async () => {
    await server.until(/mk_[\w-]{43}\n/)
    const [file, published] = ['first-key', 'server.json'].map((name) => statSync(join(here.directory, name)))
    expect((file?.mode ?? 0) & 0o777).toBe(0o600)
    expect(key).toMatch(/^mk_[\w-]{43}\n$/)
    expect(file?.mtimeMs).toBeLessThanOrEqual(published?.mtimeMs ?? 0)
    expect(server.err().split(key.trim()).length - 1).toBe(1)
    expect(server.out()).not.toContain(key.trim())
  })

  it('is ready, and shows its documents to anybody', async () => {
    for (const path of ['/health/ready', '/health/live', '/health', '/docs', '/redoc', '/openapi.json'])
      expect([path, (await fetch(`${server.address}${path}`)).status]).toEqual([path, 200])
    expect((await fetch(`${server.address}/api/v1/goals`)).status).toBe(401)
  })
})

describe('the sample', () => {
  let asked = ''

  it('waits for a person by one rule alone, and the terminal shows the command that answers', async () => {
    const [, id = ''] = await server.until(/npx muster approvals approve (\S+)/)
    asked = id
    await server.until(/briefing: waiting for section/)
    const waiting = await here.data<Approvals>('approvals', 'list')
    expect(waiting.map((approval) => [approval.id, approval.rule])).toEqual([[id, 'sensitive_topic:health_advice']])
    const [goal] = await here.data<[ResponseOf<typeof getGoal>]>('goal', 'list')
    expect(goal).toMatchObject({ status: 'running', counts: { awaiting_approval: 1, pending: 2, done: 10 } })
    const { items } = ((await (await api(`/api/v1/goals/${goal.id}/tasks?limit=200`)).json()) as { data: unknown })
      .data as ResponseOf<typeof listGoalTasks>
    const stuck = items.filter(({ status }) => status !== 'done').map(({ key, status }) => `${key} ${status}`)
    expect(stuck.sort()).toEqual([
      'briefing pending',
      'section pending',
      expect.stringMatching(/^section\[.+\] awaiting_approval$/),
    ])
    expect(server.err()).not.toContain('The briefing is ready')
  })

  it('commits the briefing after that one answer and nothing else', async () => {
    const answered = await here.cli('approvals', 'approve', asked)
    expect([answered.code, answered.out]).toEqual([0, expect.stringContaining('approve applied')])
    await server.until(/The briefing is ready/)
    const opened = await here.data<{ data: unknown }[]>('journal', 'list', '--type', 'approval.opened')
    expect(opened.length).toBe(1)
    expect(await here.data<Approvals>('approvals', 'list')).toEqual([])
    const [goal] = await here.data<[ResponseOf<typeof getGoal>]>('goal', 'list')
    expect(goal).toMatchObject({ status: 'done', counts: { done: 13 } })
    const { answers } = await here.data<ResponseOf<typeof getApproval>>('approvals', 'show', asked)
    expect(answers.map(({ action, by }) => [action, by.kind])).toEqual([['approve', 'key']])
  })

  it('has a sentence of every source, none twice, each cited to bytes that hold it', async () => {
    const [, words = ''] = await server.until(/npx muster (state get .+)/)
    const document = await here.data<ResponseOf<typeof getDocument>>(...words.split(' '))
    const briefing = document.value as unknown as Briefing
    const plain = await here.cli(...words.split(' '))
    expect(plain.out.trim()).toBe(briefing.text.trim())
    expect(faultsOf(briefing, sources)).toEqual([])
    expect(linesOf(briefing).length).toBeGreaterThan(names.length)
    for (const { artifact_id, byte_start, byte_end, text } of briefing.citations) {
      const part = await fetch(`${server.address}/api/v1/artifacts/${artifact_id}/content`, {
        headers: { authorization: `Bearer ${key.trim()}`, range: `bytes=${byte_start}-${byte_end - 1}` },
      })
      expect(part.status).toBe(206)
      expect(part.headers.get('x-content-type-options')).toBe('nosniff')
      const squeezed = (await part.text()).replace(/<[^>]*>|\*/g, '').replace(/&\w+;|[\s\u2014\u00a0]/g, '')
      expect(squeezed).toBe(text.replace(/[&\s\u2014\u00a0]/g, ''))
    }
    for (const name of names) {
      const place = briefing.citations.find(({ marker }) => marker.includes(name))
      const changed = Uint8Array.from(sources[name] ?? [])
      changed[place?.byte_start ?? 0] = 'Z'.charCodeAt(0)
      expect(faultsOf(briefing, { ...sources, [name]: changed })).not.toEqual([])
    }
  })
})
