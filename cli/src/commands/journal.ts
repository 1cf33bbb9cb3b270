import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FeedReset } from '@muster/contract/dashboard/feeds'
import { listEvents, verifyJournal } from '@muster/contract/dashboard/operations'
import type { Event, EventType, FeedFilter } from '@muster/contract/events'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { Command } from 'commander'
import { integer } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, say, take } from '../context.ts'
import { oneLine } from '../terminal-text.ts'

/** `muster journal …` */
export function journalCommand(context: Context): Command {
  return group('journal', 'read the audit log', [
    listCommand(context),
    followCommand(context),
    verifyCommand(context),
    exportCommand(context),
  ])
}

interface FilterOptions extends Printed {
  readonly family?: FeedFilter
  readonly type?: EventType
  readonly project?: string
  readonly goal?: string
  readonly task?: string
}

const filterCommand = (name: string, description: string) =>
  leaf(name, description)
    .option('--family <family>', 'agent, task, hitl, artifact or workflow')
    .option('--project <id>')
    .option('--goal <id>')
    .option('--task <id>')

function filtersOf({ family, project, goal, task }: FilterOptions) {
  return {
    ...(family === undefined ? {} : { family }),
    ...(project === undefined ? {} : { project_id: project }),
    ...(goal === undefined ? {} : { goal_id: goal }),
    ...(task === undefined ? {} : { task_id: task }),
  }
}

function listCommand({ io, connect }: Context): Command {
  return filterCommand('list', 'list events, newest first')
    .option('--type <type>', 'such as goal.done')
    .option('--limit <n>', 'maximum number of results', integer(1, 100_000), 50)
    .action(async (options: FilterOptions & { limit: number }) => {
      const type = options.type === undefined ? {} : { type: options.type }
      const query = { ...filtersOf(options), ...type, order: 'newest' as const }
      const events = await take((await connect()).list(listEvents, { query }), options.limit)
      print({ io, ...options }, events, () => events.map(eventLine))
    })
}

const resetTexts: Readonly<Record<FeedReset['reason'], string>> = {
  ahead: 'the journal does not reach that event',
  removed: 'events after that one have been removed',
  unknown: 'that is not an event',
}

function followCommand({ io, connect }: Context): Command {
  return filterCommand('follow', 'stream new events; with --json, one per line')
    .option('--after <number>', 'start after this event; default: now', integer(0))
    .action(async (options: FilterOptions & { after?: number }) => {
      const after = options.after === undefined ? {} : { after: options.after }
      const client = await connect()
      const onReset = ({ reason, cursor }: FeedReset): void =>
        say(io, `${resetTexts[reason]}; following after ${cursor}`)
      for await (const event of client.events({ ...filtersOf(options), ...after, onReset, signal: io.signal })) {
        io.stdout.write(`${options.json === true ? JSON.stringify(event) : eventLine(event)}\n`)
      }
    })
}

function verifyCommand({ io, connect, exitWith }: Context): Command {
  return leaf('verify', 'verify the hash chain of the journal').action(async (options: Printed) => {
    const verification = await (await connect()).call(verifyJournal, { timeout_ms: 600_000 })
    print({ io, ...options }, verification, () => [
      `${verification.valid ? 'Journal verified' : 'JOURNAL VERIFICATION FAILED'}: ${verification.events} events in ${verification.segments} segments`,
      ...verification.problems.map(({ segment, problem, message }) => `  segment ${segment}, ${problem}: ${message}`),
      ...verification.cannot_see.map((text) => `  not checked: ${text}`),
    ])
    exitWith(verification.valid ? exitCodes.done : exitCodes.failed)
  })
}

function exportCommand({ io, connect }: Context): Command {
  return filterCommand('export', 'export the journal, oldest first, as one JSON event per line')
    .option('--output <file>', 'default: standard output')
    .action(async ({ output, ...options }: FilterOptions & { output?: string }) => {
      const events = (await connect()).list(listEvents, { query: { ...filtersOf(options), limit: 200 } })
      let count = 0
      async function* lines() {
        for await (const event of events) {
          count++
          yield `${JSON.stringify(event)}\n`
        }
      }
      if (output === undefined) for await (const line of lines()) io.stdout.write(line)
      else await pipeline(Readable.from(lines()), createWriteStream(resolve(io.cwd, output), { mode: 0o600 }))
      say(io, `${count} events`)
    })
}

function eventLine(event: Event): string {
  const about = event.task_id ?? event.goal_id ?? event.project_id ?? ''
  return oneLine(`${event.number}  ${event.at}  ${event.type}  ${event.actor.name ?? event.actor.kind}  ${about}`)
}
