import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { createProject, listProjects } from '@muster/contract/projects/operations'
import { type Client, createClient } from '@muster/sdk/client'
import { resultsOf } from './commands/goal-run.ts'
import { say, take } from './context.ts'
import { followGoal } from './goals/follow.ts'
import { createProgress } from './goals/progress.ts'
import type { Io } from './io.ts'
import { uploadFolder } from './upload/upload.ts'

const sample_project = 'sample'
export const sample_title = 'Brief me on the heat wave'

/**
 * The goal that an empty installation starts with: real documents, the real way. One of them gives health advice, so its
 * section waits for a person, and the briefing waits for that section. Shown until it ends or the program stops. A start
 * that was stopped while it made the goal is followed by one that finds the same project and goal.
 */
export async function runSample(
  io: Io,
  server: { readonly address: string; readonly key: string },
  onCreated: () => void,
): Promise<void> {
  const examples = new URL('../../examples/', import.meta.url)
  const folder = fileURLToPath(new URL('sample/', examples))
  if (!existsSync(folder)) {
    onCreated()
    return say(io, `Sample documents not found in ${folder}. To create your own goal, run \`npx muster goal run\`.`)
  }
  const client = createClient({ base_url: server.address, key: server.key })
  const projects = await take(client.list(listProjects, { query: { limit: 200 } }), 1_000)
  const project =
    projects.find(({ name }) => name === sample_project) ??
    (await client.call(createProject, {
      body: { name: sample_project },
      idempotency_key: randomUUID(),
      signal: io.signal,
    }))
  const goals = await take(client.list(listGoals, { query: { project_id: project.id, limit: 200 } }), 1_000)
  const existingGoal = goals.find(({ title }) => title === sample_title)
  const goal = existingGoal ?? (await createSampleGoal({ io, client, project_id: project.id, examples }))
  onCreated()
  say(io, `sample goal ${goal.id}: ${sample_title}`)
  const progress = createProgress(io.stderr)
  const followed = await followGoal({
    client,
    goal_id: goal.id,
    progress,
    signal: io.signal,
    approve: false,
    wait: true,
  })
  if (followed?.goal.status !== 'done') return
  const [briefing] = await resultsOf(client, followed.goal)
  if (briefing)
    say(
      io,
      `The briefing is ready. To read it, run:\n  npx muster state get ${briefing.document} --project ${project.name}`,
    )
}

interface NewSample {
  readonly io: Io
  readonly client: Client
  readonly project_id: string
  /** The folder of examples that comes with the program. */
  readonly examples: URL
}

async function createSampleGoal({ io, client, project_id, examples }: NewSample): Promise<Goal> {
  const artifact_ids =
    (await uploadFolder({ io, client, project_id, folder: fileURLToPath(new URL('sample/', examples)) })) ?? []
  const playbook = await readFile(new URL('playbooks/brief.yaml', examples), 'utf8')
  const body = {
    project_id,
    title: sample_title,
    artifact_ids: [...artifact_ids],
    playbook,
    variables: { title: 'The heat wave' },
  }
  return client.call(createGoal, { body, idempotency_key: randomUUID(), signal: io.signal })
}
