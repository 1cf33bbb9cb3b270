// A bare task graph in SQL, as the measure for the engine: claim, settle, unblock; no judge, no journal, no leases. Same
// identifiers (organization and UUID), same payloads (256 B in, 1 KB out), same durability, one connection, two
// transactions a batch.
import { randomUUID } from 'node:crypto'
import pg from 'pg'

const organization_id = randomUUID()
const input = JSON.stringify({ text: 'a'.repeat(220), pad_bytes: 1000 })
const output = JSON.stringify({ text: 'a'.repeat(220), pad_bytes: 1000, padding: 'x'.repeat(1000) })

export async function bareGraph(url) {
  const client = new pg.Client({
    connectionString: url,
    options: '-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
  })
  await client.connect()
  await client.query(`
    create table if not exists bare_tasks (organization_id uuid, id uuid, goal_id uuid, status smallint not null, waits_on int not null,
      input json not null, output json, primary key (organization_id, id)) with (fillfactor = 50);
    create index if not exists bare_ready on bare_tasks (organization_id, id) where status = 1;
    create table if not exists bare_edges (organization_id uuid, from_id uuid, to_id uuid, primary key (organization_id, from_id, to_id))`)

  async function state(goals, dependenciesOf) {
    for (let made = 0; made < goals; made += 50) {
      const rows = { id: [], goal: [], status: [], waits: [] }
      const edges = { from: [], to: [] }
      for (let goal = 0; goal < Math.min(50, goals - made); goal += 1) addGoal(rows, edges, dependenciesOf)
      await client.query('begin')
      await client.query(
        `insert into bare_tasks select $1, *, $6::json from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::int[])`,
        [organization_id, rows.id, rows.goal, rows.status, rows.waits, input],
      )
      await client.query('insert into bare_edges select $1, * from unnest($2::uuid[], $3::uuid[])', [
        organization_id,
        edges.from,
        edges.to,
      ])
      await client.query('commit')
    }
  }

  async function work(batch) {
    let done = 0
    for (;;) {
      await client.query('begin')
      const { rows } = await client.query({
        name: 'claim',
        text: `with q as (select id from bare_tasks where organization_id = $1 and status = 1 order by organization_id, id limit $2 for update skip locked)
          update bare_tasks b set status = 2 from q where b.organization_id = $1 and b.id = q.id returning b.id, b.input`,
        values: [organization_id, batch],
      })
      await client.query('commit')
      if (rows.length === 0) return done
      await client.query('begin')
      await client.query({
        name: 'settle',
        text: `with done as (
            update bare_tasks b set status = 3, output = i.output::json from unnest($2::uuid[], $3::text[]) as i (id, output)
            where b.organization_id = $1 and b.id = i.id returning b.id
          ), freed as (
            select e.to_id, count(*)::int as n from done d join bare_edges e on e.organization_id = $1 and e.from_id = d.id group by 1)
          update bare_tasks b set waits_on = waits_on - n, status = case when waits_on = n then 1 else status end
          from freed f where b.organization_id = $1 and b.id = f.to_id`,
        values: [organization_id, rows.map((row) => row.id), rows.map(() => output)],
      })
      await client.query('commit')
      done += rows.length
    }
  }

  return { state, work, end: () => client.end() }
}

function addGoal(rows, edges, dependenciesOf) {
  const goal_id = randomUUID()
  const ids = Array.from({ length: 10 }, () => randomUUID())
  ids.forEach((id, index) => {
    const parents = dependenciesOf(index)
    rows.id.push(id)
    rows.goal.push(goal_id)
    rows.status.push(parents.length === 0 ? 1 : 0)
    rows.waits.push(parents.length)
    for (const parent of parents) {
      edges.from.push(ids[parent])
      edges.to.push(id)
    }
  })
}
