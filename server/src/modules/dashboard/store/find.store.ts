import type { FindKind } from '@muster/contract/dashboard/find'
import type { Tx } from '../../../platform/db/db.ts'
import { type Fragment, fragment, sql } from '../../../platform/db/sql.ts'

export interface FoundRow {
  readonly kind: FindKind
  readonly id: string
  readonly title: string
  readonly number: number | null
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly status: string | null
}

export interface Looking {
  readonly organization_id: string
  /** Absent: in all projects. */
  readonly project_id: string | undefined
  readonly limit: number
}

/** Only the newest of each kind are searched by name, so that the cost of a search is bounded. */
const newest_max = 2_000
/** Keys of documents are looked up project by project. */
const projects_max = 200
/** Sorts after every key with the same beginning. */
const last_character = '\u{10FFFF}'

/** The views to search; every kind gives the same columns. */
const sources: Readonly<Record<Exclude<FindKind, 'document'>, Fragment>> = {
  goal: fragment`select organization_id, goal_id as id, title, number, project_id, goal_id, status from planner_goals_v`,
  project: fragment`select organization_id, project_id as id, name as title, null::int as number, project_id,
    null::uuid as goal_id, status from projects_names_v`,
  agent: fragment`select organization_id, agent_id as id, name as title, null::int as number, null::uuid as project_id,
    null::uuid as goal_id, status from agents_gate_v`,
  task: fragment`select organization_id, task_id as id, title, null::int as number, project_id, goal_id, status from planner_tasks_v`,
  run: fragment`select r.organization_id, r.run_id as id, null::int as number, r.project_id, r.goal_id, r.status, (
      select t.title from planner_tasks_v t
      where t.organization_id = r.organization_id and t.task_id = r.task_id) as title
    from (
      select organization_id, run_id, task_id, project_id, goal_id, 'running' as status from worker_live_v
      union all
      select organization_id, run_id, task_id, project_id, goal_id, status from worker_runs_v) r`,
  approval: fragment`select organization_id, approval_id as id, question as title, null::int as number, project_id, goal_id, status
    from approvals_titles_v`,
  artifact: fragment`select organization_id, artifact_id as id, name as title, null::int as number, project_id, goal_id,
    type as status from artifacts_names_v`,
}

export type Named = 'goal' | 'project' | 'agent'

/** Statements of the search, over views of other modules. */
export const findStore = {
  byIds(
    tx: Tx,
    looking: Looking,
    { kind, from, to }: { readonly kind: keyof typeof sources; readonly from: string; readonly to: string },
  ): Promise<FoundRow[]> {
    return tx.rows<FoundRow>(sql`
      select ${kind} as kind, id, title, number, project_id, goal_id, status from (${sources[kind]}) s
      where organization_id = ${looking.organization_id} and id between ${from}::uuid and ${to}::uuid and ${inProject(looking)}
      order by id desc limit ${looking.limit}`)
  },

  byNumber(tx: Tx, looking: Looking, number: number): Promise<FoundRow[]> {
    return tx.rows<FoundRow>(sql`
      select 'goal' as kind, id, title, number, project_id, goal_id, status from (${sources.goal}) s
      where organization_id = ${looking.organization_id} and number = ${number} and ${inProject(looking)}
      order by id desc limit ${looking.limit}`)
  },

  byWords(
    tx: Tx,
    looking: Looking,
    { kind, words }: { readonly kind: Named; readonly words: readonly string[] },
  ): Promise<FoundRow[]> {
    const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)
    return tx.rows<FoundRow>(sql`
      select ${kind} as kind, id, title, number, project_id, goal_id, status from (
        select * from (${sources[kind]}) s where organization_id = ${looking.organization_id} and ${inProject(looking)}
        order by id desc limit ${newest_max}) newest
      where title ilike all (${patterns}::text[])
      order by id desc limit ${looking.limit}`)
  },

  byKey(tx: Tx, { organization_id, project_id, limit }: Looking, key: string): Promise<FoundRow[]> {
    return tx.rows<FoundRow>(sql`
      select 'document' as kind, d.document as id, d.document as title, null::int as number, p.project_id,
        null::uuid as goal_id, null as status
      from (
        select project_id from projects_names_v
        where organization_id = ${organization_id} and project_id = coalesce(${project_id ?? null}::uuid, project_id)
        order by project_id desc limit ${projects_max}) p
      cross join lateral (
        select document from state_keys_v
        where organization_id = ${organization_id} and scope = 'project' and scope_id = p.project_id
          and document >= ${key} and document < ${key + last_character}
        order by document limit ${limit}) d
      order by p.project_id desc, d.document limit ${limit}`)
  },
}

/** What belongs to no project is found in each. */
function inProject({ project_id }: Looking): Fragment {
  return project_id === undefined ? fragment`true` : fragment`(project_id is null or project_id = ${project_id}::uuid)`
}
