import type { Project, ProjectChange, ProjectCreate } from '@muster/contract/projects/projects'
import type { Caller } from '../../platform/caller.ts'
import type { Db, Tx } from '../../platform/db/db.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { forbidden, invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import { checkPatterns, createPolicies } from './policies.service.ts'
import { projectDays } from './projects.extensions.ts'
import type { ProjectRef, ProjectsPort } from './projects.port.ts'
import { firstPolicy } from './projects.rules.ts'
import { type ProjectRow, projectsStore } from './projects.store.ts'
import { createRates } from './rates.service.ts'
import { createStops } from './stops.service.ts'

export interface ProjectsOptions {
  readonly bounded: Pick<Bounded, 'run'>
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly extensions: Extensions
}

interface ListQuery {
  readonly status?: Project['status'] | undefined
  readonly q?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Projects as callers create, read and control them. */
export function createProjects(options: ProjectsOptions) {
  const { transactions, journal } = options
  const rates = createRates(options.db)
  const policies = createPolicies({ bounded: options.bounded, transactions, journal, onChanged: rates.forget })
  const stops = createStops(options)
  const setStatus = createPauses(options)
  const port = createPort({ policies, stops })

  return {
    ...port,
    policies,
    emergency: stops,
    requestRates: rates.read,
    pause: (caller: Caller, id: string) => setStatus(caller, id, 'paused'),
    resume: (caller: Caller, id: string) => setStatus(caller, id, 'active'),

    async create(caller: Caller, newProject: ProjectCreate) {
      const policy = firstPolicy(newProject)
      await checkPatterns(options.bounded, policy)
      const { organization_id, principal: actor } = caller
      const ref = { organization_id, project_id: newId() }
      const { name, description = null, time_zone = 'UTC' } = newProject
      return transactions.write(caller, async (tx) => {
        await requireKnownZone(tx, time_zone)
        await projectsStore.lockOrganization(tx, organization_id, 'share')
        await projectsStore.insert(tx, { ...ref, name, description, time_zone, oversight: policy.oversight })
        await projectsStore.insertPolicy(tx, ref, { version: 1, policy, rolled_back_to: null, changed_by: actor })
        journal.record(tx, organization_id, [{ type: 'project.created', actor, project_id: ref.project_id }])
        tx.afterCommit(() => rates.forget(organization_id))
        return readProject(tx, ref)
      })
    },

    list(caller: Caller, { status, q, cursor, limit }: ListQuery) {
      const before = idOfCursor(cursor)
      return transactions.read(caller, async (tx) => {
        const rows = await projectsStore.list(tx, caller.organization_id, { status, q, before, limit: limit + 1 })
        const { items, ...more } = pageById(rows, limit)
        return { items: items.map(presentProject), ...more }
      })
    },

    get: (caller: Caller, id: string) => transactions.read(caller, (tx) => readProject(tx, refOf(caller, id))),

    change: createChange(options),
  }
}

export type Projects = ReturnType<typeof createProjects>

function createChange({ transactions, journal, extensions }: ProjectsOptions) {
  return (caller: Caller, id: string, change: ProjectChange) => {
    const ref = refOf(caller, id)
    return transactions.write(caller, async (tx) => {
      const { time_zone } = change
      if (time_zone !== undefined) {
        // Another midnight is another day of the budgets.
        if (!caller.permissions.has('budgets:write')) throw forbidden('budgets:write')
        await requireKnownZone(tx, time_zone)
      }
      const changeDays = async (): Promise<void> => {
        if (time_zone !== undefined)
          for (const days of extensions.of(projectDays)) await days.changeZone(tx, { ...ref, time_zone })
      }
      // What counts days is locked before the project (invariant 16), and what was added meanwhile follows.
      await changeDays()
      if ((await projectsStore.lock(tx, ref)) === undefined) throw notFound('project', id)
      await changeDays()
      const fields = Object.keys(change)
      if (fields.length > 0) {
        await projectsStore.change(tx, ref, change)
        const event = { type: 'project.changed', actor: caller.principal, project_id: id, data: { fields } } as const
        journal.record(tx, ref.organization_id, [event])
      }
      return readProject(tx, ref)
    })
  }
}

async function requireKnownZone(tx: Tx, time_zone: string): Promise<void> {
  if (time_zone === 'UTC' || (await projectsStore.knowsTimeZone(tx, time_zone))) return
  throw invalid('time_zone', 'The database does not know this time zone.', time_zone)
}

function createPort({
  policies,
  stops,
}: {
  readonly policies: ReturnType<typeof createPolicies>
  readonly stops: ReturnType<typeof createStops>
}): ProjectsPort {
  const gates: ProjectsPort['gates'] = async (tx, refs, lock) => {
    if (refs.length === 0) return []
    return lock === 'share' ? projectsStore.lockGates(tx, refs) : projectsStore.gates(tx, refs)
  }
  return {
    gates,
    policy: policies.policy,
    async inForce(tx, ref) {
      const [gate] = await gates(tx, [ref], 'none')
      if (gate === undefined) throw notFound('project', ref.project_id)
      return { gate, policy: await policies.policy(tx, ref, gate.policy_version) }
    },
    stops: stops.port,
  }
}

/** Pausing what is paused, or resuming what is not, changes nothing and is no event. */
function createPauses({ transactions, journal, dispatch }: ProjectsOptions) {
  return (caller: Caller, id: string, status: 'active' | 'paused') =>
    transactions.write(caller, async (tx) => {
      const ref = refOf(caller, id)
      const before = await projectsStore.lock(tx, ref)
      if (before === undefined) throw notFound('project', id)
      if (before.status !== status) {
        await projectsStore.setStatus(tx, ref, status)
        const type = status === 'paused' ? 'project.paused' : 'project.resumed'
        journal.record(tx, ref.organization_id, [{ type, actor: caller.principal, project_id: id }])
        if (status === 'active') dispatch.announce(tx, 'task_queue')
      }
      return readProject(tx, ref)
    })
}

async function readProject(tx: Tx, ref: ProjectRef) {
  const row = await projectsStore.find(tx, ref)
  if (row === undefined) throw notFound('project', ref.project_id)
  return presentProject(row)
}

function presentProject(row: ProjectRow) {
  const { organization_id, id, name, description, status, stopped, oversight, policy_version, time_zone, created_at } =
    row
  return {
    id,
    organization_id,
    name,
    ...(description === null ? {} : { description }),
    status: stopped ? ('stopped' as const) : status,
    oversight,
    policy_version,
    time_zone,
    created_at,
  }
}

function refOf(caller: Caller, project_id: string): ProjectRef {
  return { organization_id: caller.organization_id, project_id }
}
