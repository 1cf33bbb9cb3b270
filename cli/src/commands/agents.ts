import { createAgent, listAgents, pauseAgent, resumeAgent } from '@muster/contract/operations/agents'
import type { Command } from 'commander'
import { collect, integer } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, say, table, take } from '../context.ts'

/** `muster agents …` */
export function agentsCommand(context: Context): Command {
  return group('agents', 'bring agents and look after them', [
    listCommand(context),
    addCommand(context),
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

function addCommand({ io, connect }: Context): Command {
  return leaf('add', 'make an agent that works from elsewhere')
    .argument('<name>')
    .requiredOption('--capability <name>', 'what it can do; may be repeated', collect)
    .option('--runs <n>', 'how many runs at the same time', integer(1))
    .action(async (name: string, options: Printed & { capability: string[]; runs?: number }) => {
      const live_runs = options.runs === undefined ? {} : { live_runs_max: options.runs }
      const body = { name, capabilities: options.capability, ...live_runs }
      const agent = await (await connect()).call(createAgent, { body })
      print({ io, ...options }, agent, () => [agent.id])
      if (options.json !== true) say(io, `Now give it a key: npx muster keys create ${name} --agent ${agent.id}`)
    })
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
