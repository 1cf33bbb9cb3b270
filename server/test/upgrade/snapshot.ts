/** A data set of an earlier version: the rows of every table, and what the API of that version said of them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ConnectionSource } from '../../src/platform/db/connection.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import type { Facts } from './facts.ts'

export interface Snapshot {
  readonly version: string
  /** The migrations that had been applied, in their order. */
  readonly migrations: readonly string[]
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | null>>[]>>
  /** Content of artifacts in base64, by its path in the data directory. */
  readonly files: Readonly<Record<string, string>>
  /** By organization. */
  readonly facts: Readonly<Record<string, Facts>>
}

const folder = new URL('snapshots/', import.meta.url)
const migrations = new URL('../../migrations/', import.meta.url)
const fileOf = (version: string) => new URL(`${version}.json.gz`, folder)

export function snapshotVersions(): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json.gz'))
    .map((name) => name.slice(0, -'.json.gz'.length))
    .sort()
}

export function readSnapshot(version: string): Snapshot {
  return JSON.parse(gunzipSync(readFileSync(fileOf(version))).toString('utf8'))
}

export function writeSnapshot(snapshot: Snapshot): void {
  writeFileSync(fileOf(snapshot.version), gzipSync(JSON.stringify(snapshot), { level: 9 }))
}

type Query = (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** The product's tables, in an order in which each row's foreign keys lead to rows that are there already. */
const tables_by_reference = `
  with recursive tables as (
    select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'migrations'
  ), edges as (
    select distinct conrelid, confrelid from pg_constraint where contype = 'f' and conrelid <> confrelid
  ), depths as (
    select oid, 0 as depth from tables
    union select e.conrelid, d.depth + 1 from edges e join depths d on d.oid = e.confrelid where d.depth < 100
  )
  select oid::regclass::text as name from depths group by oid order by max(depth), 1`

interface Column {
  readonly name: string
  readonly type: string
}

/** Of a table as it stands now, without those that are computed from others. */
async function columnsOf(query: Query, table: string): Promise<Column[]> {
  const rows = await query(
    `select quote_ident(attname) as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  )
  return rows.map(({ name, type }) => ({ name: String(name), type: String(type) }))
}

/** Every value as text, as PostgreSQL writes and reads it, so that JSON's null stays apart from none. */
export async function readTables(query: Query): Promise<Snapshot['tables']> {
  const tables: Record<string, Record<string, string | null>[]> = {}
  for (const { name } of await query(tables_by_reference)) {
    const columns = await columnsOf(query, String(name))
    const values = columns.map((column) => `${column.name}::text as ${column.name}`)
    const rows = await query(`select to_jsonb(r) as row from (select ${values.join(', ')} from ${name}) r`)
    // Every value was made text.
    tables[String(name)] = rows.map(({ row }) => row as Record<string, string | null>)
  }
  return tables
}

/** Makes an empty database one of the snapshot's version, with its rows. */
export async function restore(source: ConnectionSource, snapshot: Snapshot): Promise<void> {
  await migrate(source, migrations, snapshot.migrations)
  await source.use(async (connection) => {
    const query: Query = async (text, values = []) =>
      (await connection.query({ text, values, name: undefined })).rows as Record<string, unknown>[]
    await connection.simple(`begin; truncate ${Object.keys(snapshot.tables).join(', ')}`)
    for (const [table, rows] of Object.entries(snapshot.tables)) {
      const columns = await columnsOf(query, table)
      mustHaveColumns(table, rows, columns)
      const names = columns.map(({ name }) => name).join(', ')
      const values = columns.map(({ name, type }) => `r.${name}::${type}`).join(', ')
      const texts = columns.map(({ name }) => `${name} text`).join(', ')
      await query(
        `insert into ${table} (${names}) overriding system value
         select ${values} from jsonb_to_recordset($1::jsonb) as r(${texts})`,
        [JSON.stringify(rows)],
      )
    }
    await setSequences(query)
    await connection.simple('commit')
  })
}

/** A released migration is never changed: whatever a row has must have its column. */
function mustHaveColumns(table: string, rows: Snapshot['tables'][string], columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name.replaceAll('"', ''))
  for (const row of rows) {
    const strangers = Object.keys(row).filter((name) => !names.includes(name))
    const missing = names.filter((name) => !(name in row))
    if (strangers.length + missing.length > 0)
      throw new Error(`${table}: the migrations of the snapshot have changed: ${[...strangers, ...missing].join(', ')}`)
  }
}

/** Numbers that the database gives go on behind the largest that was given. */
async function setSequences(query: Query): Promise<void> {
  const columns = await query(`
    select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attidentity <> '' and c.relnamespace = 'public'::regnamespace and not a.attisdropped`)
  for (const { table, column } of columns)
    await query(
      `select setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max(${column}), 0) + 1, false) from ${table}`,
    )
}
