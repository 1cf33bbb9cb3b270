import type { TestDatabase } from './database.ts'

type Query = TestDatabase['sql']

/** Tables of the installation, no tenant's: nothing of them is granted to the role that tenants' requests run as. */
export const instance_tables = ['installation', 'journal_cursor', 'migrations', 'processes', 'signers'] as const

/** Indexes that begin with something else than the organization, and what crosses tenants by them. */
const across_tenants: Readonly<Record<string, string>> = {
  agents_online: 'presence is swept for all',
  identity_api_keys_hash_key: 'a key is found before its tenant is known',
  approvals_to_apply: 'answers take effect by the clock',
  approvals_to_expire: 'questions expire by the clock',
  gateway_attempts_by_start: 'an index of block ranges, in the order that attempts begin',
  gateway_attempts_live: 'attempts whose process is gone are charged by the clock',
  idempotency_keys_by_age: 'old keys are removed for all',
  journal_entries_by_xid: 'the sequencer takes what is committed, whoever’s it is',
  journal_segments_by_subject: 'an index of set members, which takes no other column',
  jobs_dead: 'dead jobs are counted and removed for all',
  jobs_due: 'jobs are done in their turn, whoever’s they are',
  jobs_turns: 'organizations take turns when jobs are claimed',
  worker_review_queue_by_time: 'the judge takes the oldest result',
  worker_run_logs_by_age: 'an index of block ranges, in the order that lines are written',
  worker_runs_by_end: 'an index of block ranges, in the order that runs end',
  planner_task_queue_lanes: 'the claim takes the most urgent task of all',
}

/** Policies beside the two that every table has. */
const more_policies: Readonly<Record<string, string>> = {
  'identity_api_keys.credential':
    "SELECT muster_app USING (hash = ( SELECT NULLIF(current_setting('muster.credential_hash'::text, true), ''::text) AS \"nullif\")) CHECK ",
}

const tenant = '(organization_id = ( SELECT muster_organization_id() AS muster_organization_id))'
const both_policies: Readonly<Record<string, string>> = {
  tenant: `ALL muster_app USING ${tenant} CHECK ${tenant}`,
  engine: 'ALL muster_engine USING true CHECK true',
}

/** What the catalogue shows to be wrong with the walls between tenants, each in one sentence. */
export async function wallFaults(query: Query): Promise<string[]> {
  const found = [tables, keys, indexes, foreignKeys, policies, grants, views, roles, functions].map((look) =>
    look(query),
  )
  return (await Promise.all(found)).flat().sort()
}

const in_public = `n.nspname = 'public'`
const tenants_own = `c.relname not in (${instance_tables.map((name) => `'${name}'`).join(', ')})`

async function tables(query: Query): Promise<string[]> {
  const rows = await query(`
    select c.relname as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced, c.relkind as kind,
      (select attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull from pg_attribute
       where attrelid = c.oid and attname = 'organization_id') as organization
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${in_public} and c.relkind in ('r', 'p', 'f', 'm')`)
  const instance = rows.filter(({ name }) => instance_tables.some((known) => known === name))
  const missing = instance_tables.filter((name) => !instance.some((row) => row.name === name))
  return [
    ...missing.map((name) => `${name}: there is no such instance table`),
    ...rows
      .filter(({ kind }) => kind !== 'r')
      .map(({ name }) => `${name}: is no plain table, so nobody has thought of it here`),
    ...rows
      .filter((row) => !instance.includes(row))
      .flatMap(({ name, secured, forced, organization }) => [
        ...(organization === 'organization_id uuid true' ? [] : [`${name}: has no organization_id`]),
        ...(secured && forced ? [] : [`${name}: row-level security is not enabled and forced`]),
      ]),
  ]
}

async function keys(query: Query): Promise<string[]> {
  const rows = await query(`
    select c.relname as name, (select a.attname from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where i.indrelid = c.oid and i.indisprimary) as first
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${in_public} and c.relkind = 'r' and ${tenants_own}`)
  return rows
    .filter(({ first }) => first !== 'organization_id')
    .map(({ name }) => `${name}: its primary key does not begin with organization_id`)
}

async function indexes(query: Query): Promise<string[]> {
  const rows = await query(`
    select ic.relname as name, a.attname as first from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
    where ${in_public} and ${tenants_own}`)
  const across = rows.filter(({ first }) => first !== 'organization_id').map(({ name }) => String(name))
  return [
    ...across
      .filter((name) => !(name in across_tenants))
      .map((name) => `${name}: an index that does not begin with organization_id`),
    ...Object.keys(across_tenants)
      .filter((name) => !across.includes(name))
      .map((name) => `${name}: there is no such index across tenants`),
  ]
}

async function foreignKeys(query: Query): Promise<string[]> {
  const rows = await query(`
    select con.conname as name, a.attname as here, b.attname as there from pg_constraint con join pg_class c on c.oid = con.conrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = con.conrelid and a.attnum = con.conkey[1]
    join pg_attribute b on b.attrelid = con.confrelid and b.attnum = con.confkey[1] where con.contype = 'f' and ${in_public}`)
  return rows
    .filter(({ here, there }) => here !== 'organization_id' || there !== 'organization_id')
    .map(({ name }) => `${name}: a foreign key that does not begin with organization_id`)
}

async function policies(query: Query): Promise<string[]> {
  const rows = await query(`
    select c.relname as name, (select json_object_agg(p.polname, concat(case p.polcmd when 'r' then 'SELECT' when '*' then 'ALL' else p.polcmd::text end,
        ' ', (select string_agg(r::regrole::text, ' ') from unnest(p.polroles) r), case when p.polpermissive then '' else ' RESTRICTIVE' end,
        ' USING ', pg_get_expr(p.polqual, c.oid), ' CHECK ', pg_get_expr(p.polwithcheck, c.oid))) from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${in_public} and c.relkind = 'r' and ${tenants_own}`)
  return rows.flatMap(({ name, policies: found }) => {
    const own = Object.entries(more_policies).filter(([key]) => key.startsWith(`${name}.`))
    const wanted = {
      ...both_policies,
      ...Object.fromEntries(own.map(([key, text]) => [key.slice(`${name}.`.length), text])),
    }
    const given = (found ?? {}) as Readonly<Record<string, string>>
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(given)])]
    return names
      .filter((policy) => wanted[policy] !== given[policy])
      .map((policy) => `${name}: the policy ${policy} is not what it should be`)
  })
}

async function grants(query: Query): Promise<string[]> {
  const rows = await query(`
    select c.relname as name, c.relkind as kind, ${tenants_own} as own, case x.grantee when 0 then 'public' else x.grantee::regrole::text end as grantee,
      string_agg(lower(x.privilege_type), ' ' order by x.privilege_type) as privileges
    from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x
    where ${in_public} and c.relkind in ('r', 'v', 'S') and x.grantee <> c.relowner group by 1, 2, 3, 4`)
  const columns = await query(`
    select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where ${in_public} and a.attacl is not null`)
  const all = 'delete insert select update'
  return [
    ...columns.map(({ name }) => `${name}: has grants for single columns`),
    ...rows.flatMap(({ name, kind, own, grantee, privileges }) => {
      const fault = [`${name}: ${grantee} may ${privileges}`]
      if (grantee !== 'muster_app' && grantee !== 'muster_engine') return fault
      if (kind === 'v') return privileges === 'select' || privileges === 'select update' ? [] : fault
      return own ? (privileges === all ? [] : fault) : grantee === 'muster_app' ? fault : []
    }),
  ]
}

async function views(query: Query): Promise<string[]> {
  const rows = await query(`
    select c.relname as name, coalesce('security_invoker=true' = any (c.reloptions), false) as invoker,
      (select attname from pg_attribute where attrelid = c.oid and attnum = 1) as first
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${in_public} and c.relkind = 'v'`)
  return rows.flatMap(({ name, invoker, first }) => [
    ...(invoker ? [] : [`${name}: a view that sees with its owner’s rights`]),
    ...(first === 'organization_id' ? [] : [`${name}: a view that does not begin with organization_id`]),
    ...(/^[a-z]+(_[a-z]+)*_v$/.test(String(name)) ? [] : [`${name}: a view by no module’s name`]),
  ])
}

async function roles(query: Query): Promise<string[]> {
  const rows = await query(`
    select r.rolname as name from pg_roles r where r.rolname in ('muster_app', 'muster_engine')
    and not (r.rolsuper or r.rolbypassrls or r.rolcanlogin or r.rolcreaterole or r.rolcreatedb)
    and not exists (select from pg_auth_members m where m.member = r.oid)
    and not exists (select from pg_class c where c.relowner = r.oid)`)
  const sound = rows.map(({ name }) => name)
  return ['muster_app', 'muster_engine']
    .filter((name) => !sound.includes(name))
    .map((name) => `${name}: a role that may more than it needs`)
}

async function functions(query: Query): Promise<string[]> {
  const rows = await query(`
    select p.proname as name, p.prosecdef as definer, p.provolatile as volatility from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${in_public}`)
  const stable = ['muster_now', 'muster_organization_id']
  return [
    ...rows.filter(({ definer }) => definer).map(({ name }) => `${name}: a function with its owner’s rights`),
    ...stable
      .filter((name) => !rows.some((row) => row.name === name && row.volatility === 's'))
      .map((name) => `${name}: is not stable`),
  ]
}
