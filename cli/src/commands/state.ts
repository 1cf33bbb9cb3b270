import {
  getDocument,
  getDocumentDiff,
  getDocumentHistory,
  listDocuments,
  putDocument,
} from '@muster/contract/state/operations'
import type { Json } from '@muster/contract/values'
import type { Command } from 'commander'
import { integer, jsonOrText } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, table, take, valueLines } from '../context.ts'
import { usage } from '../failures.ts'
import { readValueFile } from '../files.ts'
import { findProject } from '../goals/projects.ts'
import { oneLine } from '../terminal-text.ts'

/** `muster state …`: the versioned documents of a project. */
export function stateCommand(context: Context): Command {
  return group('state', 'read and write project documents', [
    listCommand(context),
    getCommand(context),
    setCommand(context),
    historyCommand(context),
    diffCommand(context),
  ])
}

interface InProject extends Printed {
  readonly project?: string
}

const inProject = (name: string, description: string) =>
  leaf(name, description).option('--project <project>', 'project ID or name')

function listCommand({ io, connect }: Context): Command {
  return inProject('list', 'list documents')
    .option('--prefix <prefix>', 'filter by key prefix')
    .option('--limit <n>', 'maximum number of results', integer(1, 10_000), 200)
    .action(async (options: InProject & { prefix?: string; limit: number }) => {
      const client = await connect()
      const { id } = await findProject(client, options.project)
      const query = options.prefix === undefined ? {} : { prefix: options.prefix }
      const documents = await take(client.list(listDocuments, { params: { id }, query }), options.limit)
      print({ io, ...options }, documents, () => {
        const rows = documents.map((row) => [
          row.document,
          String(row.version),
          String(row.size_bytes),
          row.committed_at,
        ])
        return table(['document', 'version', 'bytes', 'committed'], rows)
      })
    })
}

function getCommand({ io, connect }: Context): Command {
  return inProject('get', 'print a document')
    .argument('<key>')
    .option('--version <n>', 'default: the current version', integer(1))
    .action(async (key: string, options: InProject & { version?: number }) => {
      const client = await connect()
      const { id } = await findProject(client, options.project)
      const query = options.version === undefined ? {} : { version: options.version }
      const document = await client.call(getDocument, { params: { id, key }, query })
      print({ io, ...options }, document, () => valueLines(document.value))
    })
}

interface SetOptions extends InProject {
  readonly file?: string
  readonly ifVersion?: number
}

function setCommand(context: Context): Command {
  return inProject('set', 'write a document')
    .argument('<key>')
    .argument('[value]', 'JSON or text')
    .option('--file <file>', 'read the value from a file, or - for standard input')
    .option('--if-version <n>', 'only if this is the current version; 0: only if it does not exist', integer(0))
    .action(async (key: string, value: string | undefined, options: SetOptions) => {
      if (value === undefined && options.file === undefined) throw usage('provide a value or --file')
      const stored = value === undefined ? await readValueFile(context.io, options.file ?? '-') : jsonOrText(value)
      const client = await context.connect()
      const { id } = await findProject(client, options.project)
      const headers = options.ifVersion === undefined ? {} : { headers: { 'if-match': `"${options.ifVersion}"` } }
      const body = { value: stored }
      const document = await client.call(putDocument, { params: { id, key }, body, ...headers })
      print({ io: context.io, ...options }, document, () => [`${document.document} saved (v${document.version})`])
    })
}

function historyCommand({ io, connect }: Context): Command {
  return inProject('history', 'list the versions of a document, newest first')
    .argument('<key>')
    .option('--limit <n>', 'maximum number of results', integer(1, 10_000), 50)
    .action(async (key: string, options: InProject & { limit: number }) => {
      const client = await connect()
      const { id } = await findProject(client, options.project)
      const versions = await take(client.list(getDocumentHistory, { params: { id, key } }), options.limit)
      print({ io, ...options }, versions, () => {
        const rows = versions.map((row) => [
          String(row.version),
          row.committed_at,
          row.committed_by.name ?? row.committed_by.id,
          row.task_id ?? '',
        ])
        return table(['version', 'committed', 'by', 'task'], rows)
      })
    })
}

function diffCommand({ io, connect }: Context): Command {
  return inProject('diff', 'compare two versions of a document')
    .argument('<key>')
    .option('--from <n>', 'default: the previous version', integer(0))
    .option('--to <n>', 'default: the current version', integer(0))
    .action(async (key: string, { from, to, ...options }: InProject & { from?: number; to?: number }) => {
      const client = await connect()
      const { id } = await findProject(client, options.project)
      const query = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
      const diff = await client.call(getDocumentDiff, { params: { id, key }, query })
      print({ io, ...options }, diff, () => [
        `${diff.document} ${diff.from} → ${diff.to}`,
        ...diff.changes.map(({ op, path, before, after }) =>
          oneLine(
            `${signs[op]} ${path || '/'}${jsonSuffix(before)}${op === 'replace' ? ' →' : ''}${jsonSuffix(after)}`,
          ),
        ),
        ...(diff.truncated ? ['… more changes'] : []),
      ])
    })
}

const signs = { add: '+', remove: '-', replace: '~' } as const

const jsonSuffix = (value: Json | undefined) => (value === undefined ? '' : ` ${JSON.stringify(value)}`)
