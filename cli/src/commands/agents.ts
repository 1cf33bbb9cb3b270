import { readFile, watch } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import {
  createAgent,
  getPersona,
  listAgents,
  pauseAgent,
  putPersona,
  resumeAgent,
  rollBackPersona,
} from '@muster/contract/agents/operations'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, say, table, take } from '../context.ts'
import { usage } from '../failures.ts'
import { readTextFile } from '../files.ts'

/** `muster agents …` */
export function agentsCommand(context: Context): Command {
  return group('agents', 'manage agents', [
    listCommand(context),
    addCommand(context),
    personaCommand(context),
    changeCommand(context, 'pause'),
    changeCommand(context, 'resume'),
  ])
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list agents with their status and active runs').action(async (options: Printed) => {
    const agents = await take((await connect()).list(listAgents), 10_000)
    print({ io, ...options }, agents, () => {
      const rows = agents.map((agent) => [
        agent.name,
        agent.stopped ? 'stopped' : agent.status,
        agent.presence.online ? 'online' : 'offline',
        String(agent.live_runs),
        agent.runtime,
        agent.capabilities.join(', '),
        agent.id,
      ])
      return table(['name', 'status', 'presence', 'runs', 'runtime', 'capabilities', 'id'], rows)
    })
  })
}

interface AddOptions extends Printed {
  readonly capability: string[]
  readonly runs?: number
  readonly description?: string
  readonly model?: string
  readonly tool?: string[]
  readonly steps?: number
  readonly commandLine?: string
  readonly repository?: string
  readonly unmetered?: boolean
  readonly persona?: string
}

function addCommand({ io, connect }: Context): Command {
  return leaf('add', 'create an agent: remote, model or command line')
    .argument('<name>')
    .requiredOption('--capability <name>', 'capability of the agent; repeatable', collect)
    .option('--runs <n>', 'maximum concurrent runs', integer(1))
    .option('--description <text>', 'description for planning')
    .option('--model <alias>', 'model of the agent')
    .option('--tool <capability>', 'built-in tool the agent can use; repeatable', collect)
    .option('--steps <n>', 'maximum model calls per run', integer(1))
    .option('--command-line <adapter>', 'command-line adapter, such as claude-code')
    .option('--repository <folder>', 'repository for a command-line agent')
    .option('--unmetered', 'do not meter the model calls of a command-line agent')
    .option('--persona <file>', 'persona file (SOUL.md) or template name, such as coder')
    .action(async (name: string, options: AddOptions) => {
      const body = { name, capabilities: options.capability, ...(await kindOf(io, options)) }
      const agent = await (await connect()).call(createAgent, { body })
      print({ io, ...options }, agent, () => [agent.id])
      if (options.json !== true && agent.runtime === 'remote')
        say(io, `To create its API key: npx muster keys create ${name} --agent ${agent.id}`)
    })
}

/** The runtime and its settings, from the options. */
async function kindOf(io: Context['io'], options: AddOptions) {
  const { model: alias, commandLine: adapter, repository, tool: tools, steps, persona } = options
  if (alias !== undefined && adapter === undefined && (repository ?? options.unmetered) !== undefined)
    throw usage('--repository and --unmetered require --command-line')
  const more = {
    ...(options.runs !== undefined && { live_runs_max: options.runs }),
    ...(options.description !== undefined && { description: options.description }),
    ...(persona !== undefined && { persona: await personaOf(io, persona) }),
  }
  if (adapter !== undefined) {
    const command_line = {
      adapter,
      ...(alias !== undefined && { model: alias }),
      ...(repository !== undefined && { repository }),
      ...(options.unmetered === true && { metered: false }),
    }
    return { runtime: 'cli' as const, command_line, ...more }
  }
  if (alias === undefined) return more
  const model = { alias, ...(tools && { tools }), ...(steps !== undefined && { steps_max: steps }) }
  return { runtime: 'model' as const, model, ...more }
}

/** A file, or the name of a ready-made persona: no such name has a dot or a slash. */
async function personaOf(io: Context['io'], fileOrTemplate: string): Promise<{ soul: string } | { template: string }> {
  if (/^[a-z]+$/.test(fileOrTemplate)) return { template: fileOrTemplate }
  return { soul: await readTextFile(io, fileOrTemplate) }
}

interface PersonaOptions extends Printed {
  readonly set?: string
  readonly watch?: boolean
  readonly version?: number
  readonly rollback?: number
}

function personaCommand(context: Context): Command {
  return leaf('persona', 'show, set or roll back an agent’s persona')
    .argument('<id>', 'id or name')
    .option('--set <file>', 'persona file (SOUL.md) or template name')
    .option('--watch', 'with --set: update the persona when the file changes')
    .option('--rollback <version>', 'roll back to this version', integer(1))
    .action(async (id: string, options: PersonaOptions) => {
      const { io, connect } = context
      const client = await connect()
      const params = { id }
      const give = async (file: string): Promise<void> => {
        const { version, name } = await client.call(putPersona, { params, body: await personaOf(io, file) })
        say(io, `${id}: persona ${name} (v${version})`)
      }
      if (options.rollback !== undefined)
        await client.call(rollBackPersona, { params, body: { version: options.rollback } })
      if (options.set !== undefined) await give(options.set)
      if (options.set !== undefined && options.watch === true)
        return watchFile({ io, file: resolve(options.set), give })
      const persona = await client.call(getPersona, { params })
      print({ io, ...options }, persona, () => [persona.soul.trimEnd(), '', `v${persona.version}`])
    })
}

/**
 * Watches a file through its folder, since editors write in several steps and by renaming; a broken state is reported
 * and skipped.
 */
async function watchFile({
  io,
  file,
  give,
}: {
  readonly io: Context['io']
  readonly file: string
  give(file: string): Promise<void>
}): Promise<void> {
  let before = await readFile(file, 'utf8')
  for await (const { filename } of watch(dirname(file))) {
    if (filename !== basename(file)) continue
    const text = await readFile(file, 'utf8').catch(() => before)
    if (text === before || text === '') continue
    before = text
    await give(file).catch((error: unknown) => say(io, error instanceof Error ? error.message : String(error)))
  }
}

const changes = {
  pause: { operation: pauseAgent, description: 'pause an agent; it claims no new tasks' },
  resume: { operation: resumeAgent, description: 'resume a paused agent' },
} as const

function changeCommand({ io, connect }: Context, name: keyof typeof changes): Command {
  const { operation, description } = changes[name]
  return leaf(name, description)
    .argument('<id>', 'id or name')
    .action(async (id: string, options: Printed) => {
      const agent = await (await connect()).call(operation, { params: { id } })
      print({ io, ...options }, agent, () => [`${agent.name} is ${agent.status}`])
    })
}
