import { randomUUID } from 'node:crypto'
import type { Approval } from '@muster/contract/approvals/approvals'
import { cancelGoal, createGoal, listGoalTasks, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import type { Goal, GoalCreateInput } from '@muster/contract/planner/goals/goals'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import { getDocument } from '@muster/contract/state/operations'
import type { Json } from '@muster/contract/values'
import type { Client } from '@muster/sdk/client'
import type { Command } from 'commander'
import { assignments, collect, parseJson } from '../arguments.ts'
import { type Context, leaf, print, say, take, valueLines } from '../context.ts'
import { CommandFailure, usage } from '../failures.ts'
import { readTextFile } from '../files.ts'
import { askApproval } from '../goals/ask-approval.ts'
import { type Followed, followGoal } from '../goals/follow.ts'
import { createProgress } from '../goals/progress.ts'
import { findProject } from '../goals/projects.ts'
import type { Io } from '../io.ts'
import { oneLine } from '../terminal-text.ts'
import { uploadFolder } from '../upload/upload.ts'
import { reasonWords } from '../words.ts'

export interface RunOptions {
  readonly json?: boolean
  readonly yes?: boolean
  readonly wait?: boolean
  readonly follow?: boolean
}

interface GoalRunOptions extends RunOptions {
  readonly input?: string
  readonly playbook?: string
  readonly plan?: string
  readonly text?: string
  readonly project?: string
  readonly var?: readonly string[]
  readonly priority?: 'low' | 'medium' | 'high' | 'urgent'
}

/** The options that running and re-running share. */
export function withRunOptions(command: Command): Command {
  return command
    .option('--yes', 'start without confirmation and approve this goal’s requests as yourself')
    .option('--wait', 'keep waiting when an approval is needed')
    .option('--no-follow', 'create the goal and exit')
}

/** `muster goal run`: uploads a folder, states a goal over it, shows it until it ends, prints what it made. */
export function goalRunCommand(context: Context): Command {
  const command = leaf('run', 'create a goal and follow it until it ends')
    .argument('<title>', 'title of the goal')
    .option('--input <dir>', 'input folder or file; links are skipped')
    .option('--text <text>', 'instructions, as Markdown')
    .option('--playbook <file>', 'playbook file (YAML)')
    .option('--plan <file>', 'plan file (JSON): {"tasks": [...]}')
    .option('--var <name=value>', 'playbook variable; repeatable', collect)
    .option('--project <project>', 'project ID or name')
    .option('--priority <priority>', 'low, medium, high or urgent')
  return withRunOptions(command).action(async (title: string, options: GoalRunOptions) => {
    const { io } = context
    const request = await readGoalInput(io, title, options)
    const client = await context.connect()
    const project = await findProject(client, options.project, { make: true })
    const artifact_ids = await uploadFolder({ io, client, project_id: project.id, folder: options.input })
    const asks = io.interactive && options.yes !== true
    const body = {
      ...request,
      project_id: project.id,
      start: !asks,
      ...(artifact_ids === null ? {} : { artifact_ids }),
    }
    const goal = await client.call(createGoal, { body, idempotency_key: randomUUID(), signal: io.signal })
    if (asks) await agreeToPlan(io, client, goal)
    await followAndPrint(context, { client, goal, options })
  })
}

/** Shows a goal to its end and prints its results; sets the exit code. */
export async function followAndPrint(context: Context, { client, goal, options }: Stated): Promise<void> {
  const { io } = context
  if (options.follow === false) return print({ io, ...options }, goal, () => [goal.id])
  say(io, `goal ${goal.id}`)
  // A person at the terminal answers here, and may leave a question for later or for somebody else.
  const asks = io.interactive && options.yes !== true
  const followed = await followGoal({
    client,
    goal_id: goal.id,
    progress: createProgress(io.stderr),
    signal: io.signal,
    approve: options.yes === true,
    wait: options.wait === true || asks,
    ...(asks && { ask: (approval: Approval) => askApproval(io, approval) }),
    onNote: (note) => say(io, note),
  })
  if (followed === null) {
    say(io, `The goal is still running: npx muster goal show ${goal.id}`)
    throw new CommandFailure(exitCodes.failed, 'interrupted')
  }
  if (followed.exit_code === exitCodes.person_needed) sayWhoIsNeeded(io, followed)
  const documents = await resultsOf(client, followed.goal)
  print({ io, ...options }, { goal: followed.goal, documents }, () =>
    documents.flatMap(({ value }) => valueLines(value)),
  )
  context.exitWith(followed.exit_code)
}

interface Stated {
  readonly client: Client
  readonly goal: Goal
  readonly options: RunOptions
}

export interface ResultDocument {
  readonly document: string
  readonly version: number
  readonly value: Json
}

/** The documents that the goal’s tasks without dependents wrote, at those versions. */
export async function resultsOf(client: Client, goal: Goal): Promise<readonly ResultDocument[]> {
  const leaves = await take(
    client.list(listGoalTasks, { params: { id: goal.id }, query: { leaf: true, limit: 200 } }),
    10_000,
  )
  const committedDocuments = leaves.flatMap((task) => task.committed?.documents ?? [])
  const results = new Map<string, number>()
  for (const { document, scope, version } of committedDocuments) {
    if (scope === 'project') results.set(document, Math.max(version, results.get(document) ?? 0))
  }
  const documents: ResultDocument[] = []
  for (const [document, version] of results) {
    const { value } = await client.call(getDocument, {
      params: { id: goal.project_id, key: document },
      query: { version },
    })
    documents.push({ document, version, value })
  }
  return documents
}

async function readGoalInput(
  io: Io,
  title: string,
  options: GoalRunOptions,
): Promise<Omit<GoalCreateInput, 'project_id'>> {
  if (options.plan !== undefined && options.playbook !== undefined) throw usage('use either --plan or --playbook')
  return {
    title,
    ...(options.text === undefined ? {} : { text: options.text }),
    ...(options.playbook === undefined ? {} : { playbook: await readTextFile(io, options.playbook) }),
    ...(options.plan === undefined ? {} : { plan: await readPlan(io, options.plan) }),
    ...(options.var === undefined ? {} : { variables: assignments(options.var) as Record<string, Json> }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  }
}

async function readPlan(io: Io, path: string): Promise<NonNullable<GoalCreateInput['plan']>> {
  // The server checks it, and names what is wrong with it.
  return parseJson(await readTextFile(io, path), path) as NonNullable<GoalCreateInput['plan']>
}

/** Shows the plan and asks; a no cancels the goal. */
async function agreeToPlan(io: Io, client: Client, goal: Goal): Promise<void> {
  const tasks = await take(client.list(listGoalTasks, { params: { id: goal.id } }), 50)
  const all = Object.values(goal.counts).reduce((sum, count) => sum + count, 0)
  say(io, `Plan (${goal.strategy}, ${all} tasks):`)
  for (const task of tasks) {
    const after = task.depends_on.map(({ key }) => key).join(', ')
    say(
      io,
      `  ${oneLine(task.key ?? task.title)} (${oneLine(task.capability)})${after === '' ? '' : ` after ${oneLine(after)}`}`,
    )
  }
  if (all > tasks.length) say(io, `  + ${all - tasks.length} more`)
  const answer = await io.ask('Start? [Y/n] ')
  if (answer !== null && /^\s*(y(es)?)?\s*$/i.test(answer)) await client.call(resumeGoal, { params: { id: goal.id } })
  else {
    await client.call(cancelGoal, { params: { id: goal.id }, body: { reason: 'The plan was declined.' } })
    throw new CommandFailure(exitCodes.refused, 'not started')
  }
}

function sayWhoIsNeeded(io: Io, { approvals, goal }: Followed): void {
  say(io, 'Approvals needed:')
  for (const { id, rule, options } of approvals) {
    const verb = options.includes('approve') ? `approve ${id}` : `answer ${id} ${options.join('|')}`
    say(io, `  npx muster approvals ${verb}   (${oneLine(reasonWords(rule))})`)
  }
  say(io, `Then run: npx muster goal show ${goal.id}`)
}
