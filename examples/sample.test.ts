/**
 * The main job on the sample, without a server: the tasks of the playbook are done in order by the built-in
 * capabilities and judged by the checks of a new project.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseReference, resolveReferences, valueAt } from '@muster/contract/planner/plans/references'
import { type PlanTask, planTask } from '@muster/contract/planner/tasks/task-definitions'
import { default_policy } from '@muster/contract/projects/policies'
import { rulesFor, runChecks } from '@muster/server/modules/judge/checks/run-checks'
import { verdictOf } from '@muster/server/modules/judge/judge.rules'
import { createPool } from '@muster/server/modules/tools/pool.service'
import { createTools } from '@muster/server/modules/tools/tools.service'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Briefing, type Files, faultsOf, linesOf, squeeze, visible } from './briefing-faults.ts'

const directory = join(import.meta.dirname, 'sample')
const names = readdirSync(directory).sort()
const sample: Files = Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name))]))

const pool = createPool()
const tools = createTools({ pool })
afterAll(() => pool[Symbol.asyncDispose]())

/** The playbook's tasks with its variables filled in. */
function tasksOf(variables: Readonly<Record<string, unknown>> = {}): readonly PlanTask[] {
  const book = parse(readFileSync(join(import.meta.dirname, 'playbooks/brief.yaml'), 'utf8'))
  const filling = (name: string): unknown => variables[name] ?? book.variables[name].default
  const filled = JSON.parse(JSON.stringify(book.tasks), (_key, value) => {
    const name = typeof value === 'string' ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined
    return name === undefined ? value : filling(name)
  })
  return filled.map((task: unknown) => planTask.parse(task))
}

function contentOf(files: Files, artifact_id: string) {
  const bytes = files[artifact_id]
  if (!bytes) throw new Error(`no ${artifact_id}`)
  return { name: artifact_id, media_type: '', bytes }
}

/** Does the tasks in order, as the planner would hand them out; an artifact's id is its name here. */
async function perform(files: Files): Promise<ReadonlyMap<string, unknown>> {
  const artifacts = Object.keys(files).map((name) => ({ artifact_id: name, name, media_type: '' }))
  const outputs = new Map<string, unknown>([['goal', { artifacts }]])
  const context = {
    signal: new AbortController().signal,
    documents: [],
    log: () => {},
    artifact: (artifact_id: string) => Promise.resolve(contentOf(files, artifact_id)),
  }
  for (const task of tasksOf({ title: 'The heat wave' })) {
    const lookup = (item?: unknown) => (text: string) => {
      const { key, path } = parseReference(text) ?? { key: '', path: [] }
      return valueAt(key === 'item' ? item : outputs.get(key), path)
    }
    const run = async (item?: unknown) => {
      const input = resolveReferences(task.input, lookup(item))
      return (await tools.capabilities.get(task.capability)?.run(input, context))?.output
    }
    if (!task.for_each) outputs.set(task.key, await run())
    else outputs.set(task.key, await Promise.all((lookup()(task.for_each.$from) as unknown[]).map(run)))
  }
  return outputs
}

function judge(key: string, output: unknown, files: Files, approved_texts: readonly string[] = []) {
  const task = tasksOf().find((one) => one.key === key)
  const sources = new Map(Object.keys(files).map((name) => [name, tools.textAt(contentOf(files, name))]))
  const rules = rulesFor(default_policy.checks, task?.checks ?? [])
  const findings = runChecks(rules, { output, topics: default_policy.sensitive_topics, sources })
  const facts = {
    approval: 'none',
    sent_back: 0,
    deterministic: true,
    loss_possible: false,
    effect_for_people: false,
    unscored: false,
    lot: 0.5,
    amended: false,
  } as const
  return verdictOf({ findings, facts, policy: default_policy, approved_texts }).route
}

async function briefingOf(files: Files): Promise<Briefing> {
  return (await perform(files)).get('briefing') as Briefing
}

describe('the sample', () => {
  it('becomes a briefing in which every source speaks, no sentence stands twice, and every citation resolves', async () => {
    const briefing = await briefingOf(sample)
    expect(faultsOf(briefing, sample)).toEqual([])
    expect(linesOf(briefing).length).toBeGreaterThan(names.length)
    for (const { marker, artifact_id, byte_start, byte_end, text } of briefing.citations) {
      expect(briefing.text).toContain(`${text} ${marker}`)
      expect(visible(sample[artifact_id]?.subarray(byte_start, byte_end) ?? new Uint8Array())).toBe(squeeze(text))
    }
    expect(briefing.text.startsWith('# The heat wave\n')).toBe(true)
  })

  it('is the same whenever it is made', async () => {
    expect(await briefingOf(sample)).toEqual(await briefingOf(sample))
  })

  it('has one source that gives health advice: its section waits for a person, and so does nothing else', async () => {
    const outputs = await perform(sample)
    const routes = (key: string) => (outputs.get(key) as unknown[]).map((output) => judge(key, output, sample))
    expect(routes('read').map(({ to }) => to)).toEqual(names.map(() => 'commit'))
    const sections = routes('section').map(({ to, reason }) => (to === 'commit' ? to : reason))
    expect(sections).toEqual(
      names.map((name) => (name === 'health-leaflet.md' ? 'sensitive_topic:health_advice' : 'commit')),
    )
  })

  it('asks nobody again about the words of a section that was approved', async () => {
    const outputs = await perform(sample)
    const briefing = outputs.get('briefing')
    const [leaflet] = (outputs.get('section') as { name: string; text: string }[]).filter(
      ({ name }) => name === 'health-leaflet.md',
    )
    expect(judge('briefing', briefing, sample)).toMatchObject({ reason: 'sensitive_topic:health_advice' })
    expect(judge('briefing', briefing, sample, [leaflet?.text ?? ''])).toMatchObject({ to: 'commit' })
  })

  it.each(names)('goes red when %s changes after it was cited', async (name) => {
    const briefing = await briefingOf(sample)
    const place = briefing.citations.find(({ artifact_id }) => artifact_id === name)
    const changed = Uint8Array.from(sample[name] ?? [])
    changed[place?.byte_start ?? 0] = 'Z'.charCodeAt(0)
    const files = { ...sample, [name]: changed }
    expect(faultsOf(briefing, files)).not.toEqual([])
    const approved = [briefing.text]
    expect(judge('briefing', briefing, sample, approved).to).toBe('commit')
    expect(judge('briefing', briefing, files, approved)).toMatchObject({ to: 'approval', row: 1 })
  })

  it('still has a sentence from every source when two of them are nearly one', async () => {
    const note = sample['transport-note.txt'] ?? new Uint8Array()
    const copy = new TextDecoder().decode(note).replace('Transport note', 'Copy of the note').toUpperCase()
    const files = { ...sample, 'copy.txt': new TextEncoder().encode(copy), 'again.txt': note }
    expect(faultsOf(await briefingOf(files), files)).toEqual([])
  })

  it('shows its own faults: the test can fail', async () => {
    const briefing = await briefingOf(sample)
    const [first = ''] = linesOf(briefing).flatMap(({ sentence, cited }) => (cited.length > 0 ? [sentence] : []))
    const twice = {
      ...briefing,
      text: `${briefing.text}${briefing.text.split('\n').find((line) => line.startsWith(first))}\n`,
    }
    expect(faultsOf(twice, sample)).toEqual([expect.stringContaining('said twice')])
    const changed = { ...briefing, text: briefing.text.replace(first, `${first}!`) }
    expect(faultsOf(changed, sample)).toEqual([expect.stringContaining('not in')])
    const silent = { ...briefing, text: briefing.text.replace(/^.*\[weather-report\.md:.*$/gm, '') }
    expect(faultsOf(silent, sample)).toEqual(['weather-report.md says nothing'])
  })
})
