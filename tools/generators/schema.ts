/**
 * The schema of a migrated database as text, by queries of the catalogue alone, so that every engine gives the same:
 * `pg_dump` would need its own program and writes what its version likes. Written by `npm run generate`.
 */

/** Runs one statement and gives its rows. */
export type Query = (text: string) => Promise<readonly Record<string, unknown>[]>

const head = `-- The schema of a migrated database. Made from the catalogue by \`npm run generate\`; do not edit.
-- It is for reading and for comparing: what makes it is server/migrations.
`

const grantee = `case grantee when 0 then 'public' else grantee::regrole::text end`
const is_ours = `(grantee = 0 or grantee in (select oid from pg_roles where rolname like 'muster\\_%'))`

export async function schemaDump(query: Query): Promise<string> {
  const parts = [await roles(query), await functions(query), ...(await tables(query)), ...(await views(query))]
  return `${head}\n${parts.join('\n\n')}\n`
}

async function roles(query: Query): Promise<string> {
  const rows = await lines(
    query,
    `select format('create role %s %s %s %s', rolname, case when rolcanlogin then 'login' else 'nologin' end,
       case when rolsuper then 'superuser' else 'nosuperuser' end, case when rolbypassrls then 'bypassrls' else 'nobypassrls' end) as line
     from pg_roles where rolname like 'muster\\_%' order by rolname collate "C"`,
  )
  const usage = await lines(
    query,
    `select format('grant %s on schema %s to %s', lower(privilege_type), nspname, ${grantee}) as line
     from pg_namespace, aclexplode(nspacl) where nspname = 'public' and ${is_ours} order by 1`,
  )
  return [...rows, ...usage].map((line) => `${line};`).join('\n')
}

async function functions(query: Query): Promise<string> {
  const rows = await query(`
    select p.oid::regprocedure::text as name, pg_get_function_result(p.oid) as result, l.lanname as language, p.provolatile as volatility,
      p.prosecdef as definer, p.prosrc as body
    from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`)
  return rows
    .map(({ name, result, language, volatility, definer, body }) => {
      const kind = { i: 'immutable', s: 'stable', v: 'volatile' }[String(volatility)]
      const rights = definer ? ' security definer' : ''
      return `create function ${name} returns ${result} language ${language} ${kind}${rights} as $$${body}$$;`
    })
    .join('\n\n')
}

async function tables(query: Query): Promise<string[]> {
  const found = await query(`
    select c.oid::int8::text as oid, c.relname as name, array_to_string(c.reloptions, ', ') as options, c.relrowsecurity as secured,
      c.relforcerowsecurity as forced
    from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by c.relname collate "C"`)
  const parts: string[] = []
  for (const { oid, name, options, secured, forced } of found) {
    const inside = [...(await columns(query, String(oid))), ...(await constraints(query, String(oid)))]
    const ending = options ? `) with (${options});` : ');'
    const after = [
      ...(await indexes(query, String(oid))),
      ...(secured ? [`alter table ${name} enable row level security`] : []),
      ...(forced ? [`alter table ${name} force row level security`] : []),
      ...(await policies(query, String(oid))),
      ...(await triggers(query, String(oid))),
      ...(await grants(query, String(oid))),
    ]
    const body = inside.map((line) => `  ${line}`).join(',\n')
    parts.push([`create table ${name} (\n${body}\n${ending}`, ...after.map((line) => `${line};`)].join('\n'))
  }
  return parts
}

async function views(query: Query): Promise<string[]> {
  const found = await query(`
    select c.oid::int8::text as oid, c.relname as name, array_to_string(c.reloptions, ', ') as options, pg_get_viewdef(c.oid) as body
    from pg_class c where c.relkind in ('v', 'm') and c.relnamespace = 'public'::regnamespace order by c.relname collate "C"`)
  const parts: string[] = []
  for (const { oid, name, options, body } of found) {
    const text = unqualified(String(body).replace(/\s+/g, ' ').replace(/;$/, '').trim())
    const granted = await grants(query, String(oid))
    parts.push(
      [`create view ${name} with (${options}) as\n  ${text};`, ...granted.map((line) => `${line};`)].join('\n'),
    )
  }
  return parts
}

/** Where there is one relation only, older engines write its name before each column all the same. */
function unqualified(select: string): string {
  const relation = / FROM (\w+)(?: WHERE .*)?$/.exec(select)?.[1]
  return relation === undefined ? select : select.replaceAll(`${relation}.`, '')
}

function columns(query: Query, oid: string): Promise<string[]> {
  // A collation or a storage is told where it is not the type's own.
  return lines(
    query,
    `select concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
       case when a.attcollation <> t.typcollation then ' collate ' || quote_ident(co.collname) end,
       case when a.attstorage <> t.typstorage then ' storage ' || case a.attstorage when 'e' then 'external' when 'm' then 'main'
         when 'x' then 'extended' else 'plain' end end,
       case when a.attnotnull then ' not null' end, ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     left join pg_collation co on co.oid = a.attcollation
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  )
}

function constraints(query: Query, oid: string): Promise<string[]> {
  // What may not be null stands at its column; newer engines list it as a constraint too.
  return lines(
    query,
    `select format('constraint %s %s', quote_ident(conname), pg_get_constraintdef(oid)) as line from pg_constraint
     where conrelid = ${oid} and contype <> 'n' order by contype = 'p' desc, conname collate "C"`,
  )
}

function indexes(query: Query, oid: string): Promise<string[]> {
  return lines(
    query,
    `select pg_get_indexdef(i.indexrelid) as line from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = ${oid} and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))
     order by c.relname collate "C"`,
  )
}

function policies(query: Query, oid: string): Promise<string[]> {
  return lines(
    query,
    `select concat('create policy ', p.polname, ' on ', p.polrelid::regclass, case when p.polpermissive then '' else ' as restrictive' end,
       ' for ', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
       ' to ', (select string_agg(r::regrole::text, ', ' order by r::regrole::text) from unnest(p.polroles) r),
       ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') as line
     from pg_policy p where p.polrelid = ${oid} order by p.polname collate "C"`,
  )
}

function triggers(query: Query, oid: string): Promise<string[]> {
  return lines(
    query,
    `select pg_get_triggerdef(oid) as line from pg_trigger where tgrelid = ${oid} and not tgisinternal order by tgname collate "C"`,
  )
}

/** To both roles and to everybody; the owner has everything. */
function grants(query: Query, oid: string): Promise<string[]> {
  return lines(
    query,
    `select format('grant %s on %s to %s', string_agg(lower(privilege_type), ', ' order by privilege_type), c.oid::regclass,
       ${grantee}) as line
     from pg_class c, aclexplode(c.relacl) where c.oid = ${oid} and ${is_ours} group by c.oid, grantee order by 1`,
  )
}

async function lines(query: Query, text: string): Promise<string[]> {
  return (await query(text)).map(({ line }) => String(line).replace(/[^\S\n]*\n\s*/g, ' '))
}
