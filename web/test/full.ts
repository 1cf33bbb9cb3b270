import { createAgent, pauseAgent } from '@muster/contract/agents/operations'
import { listApprovals, respondApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { listEvents } from '@muster/contract/dashboard/operations'
import { createKey } from '@muster/contract/identity/operations'
import { cancelGoal, createGoal, getGoal, pauseGoal } from '@muster/contract/planner/goals/goal.operations'
import type { PlanTaskInput } from '@muster/contract/planner/tasks/task-definitions'
import { createProject, putPolicy, rollBackPolicy, stopProject } from '@muster/contract/projects/operations'
import { putDocument } from '@muster/contract/state/operations'
import type { Json } from '@muster/contract/values'
import type { Client } from '@muster/sdk/client'
import { hostileFiles, hostileName, hostileText } from './hostile.ts'
import { modelFixtures } from './model-fixtures.ts'
import { createRemoteAgent, type Held, type RemoteAgent } from './remote-agent.ts'
import { finance, health, letter, pdf, png } from './samples.ts'

/** Where the things of a full organization are, for what looks at one of each. */
export interface Full {
  readonly project_id: string
  readonly quiet_project_id: string
  readonly big_goal_id: string
  readonly hostile_goal_id: string
  readonly hostile_task_id: string
  readonly hostile_run_id: string
  readonly hostile_approval_id: string
  readonly run_id: string
  readonly agent_id: string
  readonly artifact_ids: Readonly<Record<string, string>>
  readonly approval_ids: readonly string[]
  /** The number of a recent event in the journal. */
  readonly event_number: number
  /** Of a question that would replace words of a document. */
  readonly diff_approval_id: string
  readonly model_name: string
  /** Of a call that went well. */
  readonly call_id: string
  /** Of an agent that thinks, with a persona. */
  readonly model_agent_id: string
}

type Task = Omit<PlanTaskInput, 'capability'> & { readonly capability?: string }
const task = (key: string, capability: string, rest: Partial<Task> = {}): PlanTaskInput => ({
  ...rest,
  key,
  capability,
})

/**
 * Everything that the page can show, made through the public API: goals and tasks in every state, agents at work, questions
 * of every kind, documents with versions, files that mean well and files that do not, budgets, a stop. Live runs are kept
 * alive until the signal aborts.
 */
export async function fillOrganization(client: Client, signal: AbortSignal): Promise<Full> {
  const letters = await client.call(createProject, {
    body: {
      name: 'Citizen letters',
      description: 'Answers to what people write to the council.',
      policy: { confidence_min: 0.5, approval_due_ms: 6 * 3_600_000 },
    },
  })
  const grants = await client.call(createProject, {
    body: {
      name: 'Grants desk',
      description: 'Applications, from the first look to the decision.',
      policy: { plan_approval: true },
    },
  })
  const translations = await client.call(createProject, {
    body: { name: 'Translations of notices that the council publishes' },
  })
  const project_id = letters.id

  const writer = await createRemoteAgent(client, { name: 'Letter writer', capabilities: ['draft'] })
  const clerk = await createRemoteAgent(client, { name: 'Clerk', capabilities: ['look-up', 'file'] })
  await createRemoteAgent(client, { name: 'Archivist of the old registry', capabilities: ['archive'] })
  await idleAgents(client)
  await documents(client, project_id)
  await policies(client, project_id)
  await budgets(client, { project_id, quiet_id: grants.id, agent_id: writer.agent_id })
  const artifact_ids = await files(client, project_id)
  const { model_name, call_id, model_agent_id } = await modelFixtures(client)

  const state = stater(client)
  await doneGoals(state, project_id, writer)
  const big_goal_id = await bigGoal(state, project_id, { clerk, signal })
  await goalsInOtherStates(client, state, { project_id, planned_project_id: grants.id, writer })
  await questions(state, project_id, writer)
  const hostile = await hostileGoal(state, { project_id, clerk })
  const run_id = await liveRuns(state, project_id, { client, signal })
  await state(translations.id, 'Notice of the spring closure in five languages', [
    ...['French', 'Polish', 'Turkish', 'Arabic', 'Ukrainian'].map((language, at) =>
      task(`translate${at}`, 'translate', { title: `Translate the notice into ${language}` }),
    ),
  ])
  await client.call(stopProject, {
    params: { id: translations.id },
    body: { reason: 'The glossary was replaced by accident; nothing may be published from it.' },
  })
  const asked = await client.call(listApprovals, { query: { limit: 200 } })
  await answerSome(
    client,
    asked.items.filter(({ task_title }) => /^Notice [12] /.test(task_title ?? '')).map(({ id }) => id),
  )
  const open = await client.call(listApprovals, { query: { limit: 200 } })
  const [newest] = (await client.call(listEvents, { query: { order: 'newest', type: 'approval.opened', limit: 1 } }))
    .items
  return {
    project_id,
    quiet_project_id: grants.id,
    big_goal_id,
    ...hostile,
    model_name,
    call_id,
    model_agent_id,
    hostile_approval_id: open.items.find(({ goal_id }) => goal_id === hostile.hostile_goal_id)?.id ?? '',
    run_id,
    agent_id: writer.agent_id,
    artifact_ids,
    event_number: newest?.number ?? 1,
    approval_ids: open.items.map(({ id }) => id),
    diff_approval_id: open.items.find(({ task_title }) => task_title?.startsWith('Change what'))?.id ?? '',
  }
}

type State = (project_id: string, title: string, tasks: readonly PlanTaskInput[], more?: object) => Promise<string>

function stater(client: Client): State {
  return async (project_id, title, tasks, more = {}) => {
    const body = { project_id, title, plan: { tasks: [...tasks] }, ...more }
    return (await client.call(createGoal, { body })).id
  }
}

async function idleAgents(client: Client): Promise<void> {
  const trades = [
    'Proofreader',
    'Surveyor',
    'Librarian',
    'Translator',
    'Bookkeeper',
    'Messenger',
    'Planner',
    'Inspector',
  ]
  for (let at = 0; at < 34; at++) {
    const trade = trades[at % trades.length] ?? 'Helper'
    const { id } = await client.call(createAgent, {
      body: {
        name: `${trade} ${Math.floor(at / trades.length) + 1}`,
        runtime: 'remote',
        capabilities: [`${trade.toLowerCase()}`, ...(at % 3 === 0 ? ['count', 'check-figures'] : [])],
        description: `Works for the ${trade.toLowerCase()}s’ desk.`,
      },
    })
    if (at % 9 === 4) await client.call(pauseAgent, { params: { id } })
  }
  await client.call(createAgent, { body: { name: 'Press officer', runtime: 'remote', capabilities: ['publish'] } })
  await client.call(createAgent, {
    body: { name: 'Shorthand reader', runtime: 'remote', capabilities: ['read-shorthand', 'translate'] },
  })
  await client.call(createAgent, { body: { name: hostileName, runtime: 'remote', capabilities: ['<b>bold</b>'] } })
}

async function documents(client: Client, project_id: string): Promise<void> {
  const put = (key: string, value: Json) =>
    client.call(putDocument, { params: { id: project_id, key }, body: { value } })
  await put('style', { tone: 'friendly', length: 'short', words_to_avoid: ['herewith'] })
  await put('style', {
    tone: 'plain',
    length: 'short',
    words_to_avoid: ['herewith', 'aforementioned'],
    greeting: 'first name',
  })
  await put('answers/mill-lane', letter)
  await put(
    'answers/mill-lane',
    letter.replace('four seconds', 'six seconds').replace('before autumn', 'by the end of August'),
  )
  await put('answers/mill-lane', `${letter}\n\nThe traffic office`)
  await put('registry/open-letters', {
    count: 41,
    oldest: '2024-03-02',
    by_topic: { traffic: 17, waste: 9, parks: 15 },
  })
  await put('notes/hostile', hostileText)
  for (let at = 1; at <= 12; at++)
    await put(`answers/2024/letter-${String(at).padStart(3, '0')}`, { text: letter, number: at })
}

async function policies(client: Client, project_id: string): Promise<void> {
  const put = (body: object) => client.call(putPolicy, { params: { id: project_id }, body })
  const usual = { confidence_min: 0.5, approval_due_ms: 6 * 3_600_000 }
  await put({ ...usual, oversight: 'high' })
  await put({ ...usual, approve_before: ['publish'], topic_words: { school: ['school', 'pupils'] } })
  await client.call(rollBackPolicy, { params: { id: project_id }, body: { version: 1 } })
}

async function budgets(
  client: Client,
  {
    project_id,
    quiet_id,
    agent_id,
  }: { readonly project_id: string; readonly quiet_id: string; readonly agent_id: string },
): Promise<void> {
  const set = (body: object) => client.call(createBudget, { body: body as never })
  await set({ scope: { kind: 'organization' }, window: 'day', cost_micro_usd: 25_000_000 })
  await set({ scope: { kind: 'project', id: project_id }, window: 'day', cost_micro_usd: 4_200_000, tokens: 2_000_000 })
  await set({ scope: { kind: 'agent', id: agent_id }, window: 'total', cost_micro_usd: 3_000_000, live_runs: 8 })
  await set({ scope: { kind: 'project', id: quiet_id }, window: 'total', cost_micro_usd: 50_000_000 })
  await client.call(createKey, {
    body: { name: 'Reviewer in the evening', permissions: ['approvals:read', 'approvals:write', 'approvals:decide'] },
  })
  await client.call(createKey, { body: { name: hostileName, permissions: ['goals:read'] } })
}

async function files(client: Client, project_id: string): Promise<Readonly<Record<string, string>>> {
  const given = [
    { name: 'minutes/2024-05-12.md', content: letter, media_type: 'text/markdown' },
    {
      name: 'count-of-cars.json',
      content: JSON.stringify({ place: 'Mill Lane', hours: { '7': 212, '8': 640, '9': 388 } }),
      media_type: 'application/json',
    },
    { name: 'crossing.png', content: png(), media_type: 'image/png' },
    { name: 'order.pdf', content: pdf('Order of 12 May: lights at Mill Lane'), media_type: 'application/pdf' },
    { name: 'call-notes.txt', content: 'Called at nine. She prefers letters.\n'.repeat(30), media_type: 'text/plain' },
    { name: 'archive.bin', content: new Uint8Array(64), media_type: 'application/octet-stream' },
    ...hostileFiles,
  ]
  const made = await client.upload({ project_id }, given)
  await client.upload({ version_of: made[0]?.id ?? '' } as never, [
    { name: 'minutes/2024-05-12.md', content: `${letter}\n\nRead and signed.`, media_type: 'text/markdown' },
  ])
  return Object.fromEntries(
    made.map(({ id }, at) => [
      ['markdown', 'json', 'png', 'pdf', 'text', 'binary', 'hostile_markdown', 'html', 'svg', 'hostile_json', 'xml'][
        at
      ] ?? '',
      id,
    ]),
  )
}

const spent = (thousandths: number) => ({ usage: { cost_micro_usd: thousandths * 1_000, tokens: thousandths * 90 } })

async function doneGoals(state: State, project_id: string, writer: RemoteAgent): Promise<void> {
  const streets = [
    'Mill Lane',
    'Station Road',
    'the old harbour',
    'Queen’s Park',
    'Hill Street',
    'the market square',
    'Abbey Close',
    'the ring road',
  ]
  for (const [at, street] of streets.entries()) {
    await state(project_id, `Answer the letters about ${street}`, [
      task('draft', 'draft', {
        title: `Draft an answer about ${street}`,
        input: { letter: `What is planned for ${street}?` },
      }),
    ])
    for (const run of await writer.claim())
      await writer.complete(run, { text: letter.replace('Mill Lane', street) }, spent(120 + at * 31))
  }
}

/** Six layers of ten tasks: some done, one failed with what hangs on it, some at work, the rest waiting. */
async function bigGoal(
  state: State,
  project_id: string,
  { clerk, signal }: { readonly clerk: RemoteAgent; readonly signal: AbortSignal },
): Promise<string> {
  const layers = ['Collect', 'Read', 'Compare', 'Check', 'Summarise', 'File']
  const tasks = layers.flatMap((word, layer) =>
    Array.from({ length: 10 }, (_, at) =>
      task(`l${layer}t${at}`, layer === 5 ? 'archive' : 'look-up', {
        title: `${word} district ${at + 1}`,
        depends_on:
          layer === 0 ? [] : [`l${layer - 1}t${at}`, ...(at % 3 === 0 && at < 9 ? [`l${layer - 1}t${at + 1}`] : [])],
        on_failure: at === 4 ? 'skip' : 'continue',
      }),
    ),
  )
  const id = await state(
    project_id,
    'Review of all districts before the budget of next year, with the figures of the last five',
    tasks,
    {
      priority: 'high',
      text: 'Go through every district, compare what was promised with what was done, and file the result.',
    },
  )
  for (let round = 0; round < 3; round++) {
    const runs = await clerk.claim(round === 2 ? 5 : 64)
    for (const run of runs) {
      if (round === 1 && run.brief.title.endsWith('district 5'))
        await clerk.fail(run, 'The register of this district could not be read: page 14 is missing.')
      else
        await clerk.complete(
          run,
          { text: `Looked at ${run.brief.title}.`, figures: { promised: 12, done: 9 } },
          spent(14),
        )
    }
  }
  const live = await clerk.claim(4)
  for (const run of live)
    await clerk.say(run, ['Opened the register', 'Reading page 3 of 20', `Note: ${hostileText.slice(0, 300)}`], 0.4)
  clerk.hold(live, signal)
  return id
}

async function goalsInOtherStates(
  client: Client,
  state: State,
  {
    project_id,
    planned_project_id,
    writer,
  }: { readonly project_id: string; readonly planned_project_id: string; readonly writer: RemoteAgent },
): Promise<void> {
  const failed = await state(project_id, 'Answer the petition about the night bus', [
    task('draft', 'draft', { title: 'Draft the answer' }),
    task('file', 'file', { depends_on: ['draft'], title: 'File the answer' }),
  ])
  for (const run of await writer.claim())
    await writer.fail(run, 'The petition has no text: only signatures were scanned.')
  const paused = await state(project_id, 'Summary of complaints for the summer report', [
    task('read', 'read-shorthand', { title: 'Read the complaints' }),
  ])
  await client.call(pauseGoal, { params: { id: paused } })
  const cancelled = await state(project_id, 'Reminder letters for the library', [
    task('write', 'read-shorthand', { title: 'Write reminders' }),
  ])
  await client.call(cancelGoal, { params: { id: cancelled }, body: { reason: 'The library does it itself.' } })
  await state(planned_project_id, 'First look at the applications of May', [
    task('read', 'look-up', { title: 'Read each application' }),
  ])
  await state(planned_project_id, 'Decide about the youth centre’s application', [
    task('read', 'look-up'),
    task('weigh', 'draft', { depends_on: ['read'] }),
  ])
  await state(project_id, 'Plan of the winter service', [task('plan', 'draft')], { start: false })
  await state(project_id, 'Letters that nobody can answer yet', [
    task('wait', 'read-shorthand', { title: 'Needs somebody who reads shorthand' }),
  ])
  await client.call(getGoal, { params: { id: failed } })
}

/** Kept by half, which is no violation and yet too little to commit alone. */
const halfKept = {
  check: 'required_sections',
  severity: 'info',
  weight: 0.3,
  measures: 'compliance',
  violation_from: 0.9,
  params: { sections: ['Dear Ms Aldarra', 'What it costs'] },
} as const

/** About thirty questions of different kinds, risks and rules. */
async function questions(state: State, project_id: string, writer: RemoteAgent): Promise<void> {
  const ask = (key: string, title: string, rest: Partial<Task> = {}) =>
    task(key, 'draft', { title, attempts_max: 1, ...rest })
  await state(project_id, 'Leaflets for the summer', [
    ...Array.from({ length: 5 }, (_, at) => ask(`health${at}`, `Leaflet about heat, part ${at + 1}`)),
    ...Array.from({ length: 3 }, (_, at) => ask(`money${at}`, `Column about savings, part ${at + 1}`)),
  ])
  await state(project_id, 'Answers that the policy shows to a person', [
    ...Array.from({ length: 8 }, (_, at) => ask(`unsure${at}`, `Answer to letter ${at + 31}`, { checks: [halfKept] })),
    ...Array.from({ length: 6 }, (_, at) => ask(`after${at}`, `Notice ${at + 1} for the board`, { approval: 'after' })),
    ask('change', 'Change what the letter to Mill Lane says', {
      approval: 'after',
      reads: ['answers/mill-lane', 'style'],
      writes: [{ op: 'set', document: 'answers/mill-lane', value: { $from: 'output.text' } }],
    }),
    ask('style', 'New rules of style', {
      approval: 'after',
      reads: ['style'],
      writes: [{ op: 'merge', document: 'style', value: { $from: 'output' } }],
    }),
  ])
  for (let round = 0; round < 4; round++)
    for (const run of await writer.claim(round === 0 ? 64 : 8)) await answerOf(writer, run)
  await state(project_id, 'Publications', [
    ...Array.from({ length: 5 }, (_, at) =>
      task(`publish${at}`, 'publish', {
        title: `Publish notice ${at + 1}`,
        approval: 'before',
        input: { notice: at + 1 },
      }),
    ),
  ])
}

async function answerOf(writer: RemoteAgent, run: Held): Promise<void> {
  const { key, title } = run.brief as { key?: string; title: string }
  const name = key ?? title
  if (name.startsWith('health') || /heat/.test(title))
    return writer.complete(run, { text: `${letter}\n\n${health}` }, spent(60))
  if (name.startsWith('money') || /savings/.test(title)) return writer.complete(run, { text: finance }, spent(55))
  if (/^Answer to letter/.test(title)) return writer.complete(run, { text: letter }, spent(40))
  if (/Mill Lane/.test(title))
    return writer.complete(run, {
      text: letter.replace('four seconds', 'ten seconds').replace('in October', 'every October'),
    })
  if (/style/.test(title)) return writer.complete(run, { tone: 'warm', greeting: 'full name', length: 'one page' })
  return writer.complete(
    run,
    { text: `# ${title}\n\nThe hall is closed from Monday to Wednesday.`, audience: 'everybody' },
    spent(20),
  )
}

async function hostileGoal(
  state: State,
  { project_id, clerk }: { readonly project_id: string; readonly clerk: RemoteAgent },
): Promise<{ readonly hostile_goal_id: string; readonly hostile_task_id: string; readonly hostile_run_id: string }> {
  const hostile_goal_id = await state(
    project_id,
    hostileName,
    [
      task('bad', 'file', {
        title: hostileName,
        approval: 'after',
        input: { text: hostileText },
        writes: [{ op: 'set', document: 'notes/hostile', value: { $from: 'output.text' } }],
      }),
      task('worse', 'file', { title: `Second ${hostileName}` }),
    ],
    { text: hostileText },
  )
  let hostile_task_id = ''
  let hostile_run_id = ''
  for (const run of await clerk.claim(64, 'file')) {
    await clerk.say(run, hostileText.split('\n\n'), 0.9)
    await clerk.attach(run, [{ name: hostileFiles[0].name, content: hostileText, media_type: 'text/markdown' }])
    if (run.brief.title === hostileName) {
      hostile_task_id = run.task_id
      hostile_run_id = run.run_id
      await clerk.complete(run, { text: `${hostileText}\n\nand more`, [hostileName]: hostileName })
    } else await clerk.fail(run, hostileText.slice(0, 900))
  }
  return { hostile_goal_id, hostile_task_id, hostile_run_id }
}

async function liveRuns(
  state: State,
  project_id: string,
  { client, signal }: { readonly client: Client; readonly signal: AbortSignal },
): Promise<string> {
  const remoteAgents = await Promise.all(
    ['North', 'South', 'East'].map((name) =>
      createRemoteAgent(client, { name: `Field team ${name}`, capabilities: ['survey'] }),
    ),
  )
  await state(project_id, 'Survey of the crossings', [
    ...Array.from({ length: 9 }, (_, at) =>
      task(`survey${at}`, 'survey', {
        title: `Survey crossing ${at + 1}`,
        budget: { cost_micro_usd: 50_000, tokens: 4_000 },
      }),
    ),
    task('sum', 'draft', { title: 'Sum up', depends_on: Array.from({ length: 9 }, (_, at) => `survey${at}`) }),
  ])
  let run_id = ''
  for (const remoteAgent of remoteAgents) {
    const runs = await remoteAgent.claim(2)
    for (const run of runs) {
      run_id ||= run.run_id
      await remoteAgent.say(run, ['Arrived', 'Counting', 'Half an hour to go'], 0.6)
    }
    remoteAgent.hold(runs, signal)
  }
  return run_id
}

/** Answers some questions, so that lists of what was decided are not empty either. */
async function answerSome(client: Client, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await client.call(respondApproval, { params: { id }, body: { action: 'approve', comment: 'Fine.' } })
}
