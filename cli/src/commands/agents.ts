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

/** `muster agents …` */
export function agentsCommand(context: Context): Command {
  return group('agents', 'bring agents and look after them', [
    listCommand(context),
    addCommand(context),
    personaCommand(context),
    changeCommand(context, 'pause'),
    changeCommand(context, 'resume'),
  ])
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list agents with their presence and live runs').action(async (options: Printed) => {
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
  return leaf('add', 'make an agent: from elsewhere, or one that thinks with a model, or a command line')
    .argument('<name>')
    .requiredOption('--capability <name>', 'what it can do; may be repeated', collect)
    .option('--runs <n>', 'how many runs at the same time', integer(1))
    .option('--description <text>', 'what it is good at, for whoever plans')
    .option('--model <alias>', 'the model it thinks with')
    .option('--tool <capability>', 'a built-in capability it may use; may be repeated', collect)
    .option('--steps <n>', 'how often it may ask its model in a run', integer(1))
    .option('--command-line <adapter>', 'the command line it is, such as claude-code')
    .option('--repository <folder>', 'of a command line: the repository it works in')
    .option('--unmetered', 'of a command line: its calls of models cannot be counted')
    .option('--persona <file>', 'its SOUL.md, or the name of one that comes with Muster, such as coder')
    .action(async (name: string, options: AddOptions) => {
      const body = { name, capabilities: options.capability, ...(await kindOf(options)) }
      const agent = await (await connect()).call(createAgent, { body })
      print({ io, ...options }, agent, () => [agent.id])
      if (options.json !== true && agent.runtime === 'remote')
        say(io, `Now give it a key: npx muster keys create ${name} --agent ${agent.id}`)
    })
}

/** The runtime and its settings, from the options. */
async function kindOf(options: AddOptions) {
  const { model: alias, commandLine: adapter, repository, tool: tools, steps, persona } = options
  if (alias !== undefined && adapter === undefined && (repository ?? options.unmetered) !== undefined)
    throw usage('--repository and --unmetered belong to --command-line')
  const more = {
    ...(options.runs !== undefined && { live_runs_max: options.runs }),
    ...(options.description !== undefined && { description: options.description }),
    ...(persona !== undefined && { persona: await personaOf(persona) }),
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
async function personaOf(given: string): Promise<{ soul: string } | { template: string }> {
  if (/^[a-z]+$/.test(given)) return { template: given }
  return { soul: await readFile(resolve(given), 'utf8') }
}

interface PersonaOptions extends Printed {
  readonly set?: string
  readonly watch?: boolean
  readonly version?: number
  readonly rollback?: number
}

function personaCommand(context: Context): Command {
  return leaf('persona', 'show an agent’s persona, give it another, or go back to an earlier one')
    .argument('<id>', 'id or name')
    .option('--set <file>', 'a SOUL.md, or the name of one that comes with Muster')
    .option('--watch', 'with --set: again whenever the file changes, until interrupted')
    .option('--rollback <version>', 'make this version the persona again', integer(1))
    .action(async (id: string, options: PersonaOptions) => {
      const { io, connect } = context
      const client = await connect()
      const params = { id }
      const give = async (file: string): Promise<void> => {
        const { version, name } = await client.call(putPersona, { params, body: await personaOf(file) })
        say(io, `${id} is ${name}, version ${version}`)
      }
      if (options.rollback !== undefined)
        await client.call(rollBackPersona, { params, body: { version: options.rollback } })
      if (options.set !== undefined) await give(options.set)
      if (options.set !== undefined && options.watch === true)
        return watchFile({ io, file: resolve(options.set), give })
      const persona = await client.call(getPersona, { params })
      print({ io, ...options }, persona, () => [persona.soul.trimEnd(), '', `version ${persona.version}`])
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
  pause: { operation: pauseAgent, description: 'pause an agent: it claims nothing new' },
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
