import { completePolicy, type Policy, type PolicyInput } from '@muster/contract/projects/policies'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import { policyPatterns } from './policy-patterns.ts'
import type { ProjectRef } from './projects.port.ts'
import { patternsOf } from './projects.rules.ts'
import { type NewPolicyRow, type PolicyRow, projectsStore } from './projects.store.ts'

interface ListQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

const kept_max = 1_000

interface PoliciesOptions {
  readonly bounded: Pick<Bounded, 'run'>
  readonly transactions: RequestTransactions
  readonly journal: Journal
  onChanged(organization_id: string): void
}

/**
 * Policies as callers set, read and roll back. A version never changes; a change makes the next one, and so does a
 * rollback.
 */
export function createPolicies(options: PoliciesOptions) {
  const { transactions } = options
  const next = createNext(options)
  return {
    policy: createReader(),

    get: (caller: Caller, project_id: string) =>
      transactions.read(caller, async (tx) => {
        const ref = { organization_id: caller.organization_id, project_id }
        const row = await projectsStore.findPolicy(tx, ref, undefined)
        if (row === undefined) throw notFound('project', project_id)
        return presented(row)
      }),

    /** `if_match`: the version that must be in force, else `version_moved`. */
    async put(
      caller: Caller,
      project_id: string,
      { policy: given, if_match }: { readonly policy: PolicyInput; readonly if_match: number | undefined },
    ) {
      await checkPatterns(options.bounded, given)
      return next(caller, project_id, async (_tx, _ref, version) => {
        if (if_match !== undefined && if_match !== version)
          throw new MusterError('version_moved', `The policy is at version ${version}, not ${if_match}.`, {
            value: version,
          })
        return { version: version + 1, policy: completePolicy(given), rolled_back_to: null }
      })
    },

    rollBack: (caller: Caller, project_id: string, wanted: number) =>
      next(caller, project_id, async (tx, ref, version) => {
        if (wanted === version) throw invalid('version', `Version ${wanted} is already active.`, wanted)
        const old = await projectsStore.policy(tx, ref, wanted)
        if (old === undefined) throw invalid('version', `This policy has no version ${wanted}.`, wanted)
        return { version: version + 1, policy: old, rolled_back_to: wanted }
      }),

    versions(caller: Caller, project_id: string, { cursor, limit }: ListQuery) {
      const before = versionOfCursor(cursor)
      const ref = { organization_id: caller.organization_id, project_id }
      return transactions.read(caller, async (tx) => {
        const rows = await projectsStore.listPolicies(tx, ref, { before, limit: limit + 1 })
        if (rows.length === 0 && before === undefined) throw notFound('project', project_id)
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        const more = rows.length > limit && last ? { next_cursor: String(last.version) } : {}
        return { items: items.map(presented), ...more }
      })
    },
  }
}

/** Reads a version and caches it: every commit needs it, and it never changes. */
function createReader() {
  const kept = new Map<string, Policy>()
  return async (tx: Tx, ref: ProjectRef, version: number): Promise<Policy> => {
    const key = `${ref.organization_id} ${ref.project_id} ${version}`
    const known = kept.get(key)
    if (known) return known
    const stored = await projectsStore.policy(tx, ref, version)
    if (stored === undefined) throw notFound(`policy version ${version} of project`, ref.project_id)
    // Fields that are newer than the stored policy get their defaults.
    const found = completePolicy(stored)
    // A version of a transaction that is rolled back must not stay in the cache.
    tx.afterCommit(() => {
      if (kept.size >= kept_max) kept.clear()
      kept.set(key, found)
    })
    return found
  }
}

type MakeVersion = (tx: Tx, ref: ProjectRef, version: number) => Promise<Omit<NewPolicyRow, 'changed_by'>>

/** Writes the next version, under the project's lock, and puts it in force. */
function createNext({ transactions, journal, onChanged }: PoliciesOptions) {
  return (caller: Caller, project_id: string, make: MakeVersion) => {
    const ref = { organization_id: caller.organization_id, project_id }
    return transactions.write(caller, async (tx) => {
      const project = await projectsStore.lock(tx, ref)
      if (project === undefined) throw notFound('project', project_id)
      const made = { ...(await make(tx, ref, project.policy_version)), changed_by: caller.principal }
      await projectsStore.insertPolicy(tx, ref, made)
      await projectsStore.usePolicy(tx, ref, made)
      const { version, rolled_back_to } = made
      const data = rolled_back_to === null ? { version } : { version, rolled_back_to }
      journal.record(tx, ref.organization_id, [{ type: 'policy.changed', actor: caller.principal, project_id, data }])
      tx.afterCommit(() => onChanged(ref.organization_id))
      const row = await projectsStore.findPolicy(tx, ref, version)
      invariant(row, 'the version was written just now')
      return presented(row)
    })
  }
}

/** Patterns run on RE2; what it cannot compile is refused here, not where a result is judged. */
export async function checkPatterns(bounded: Pick<Bounded, 'run'>, given: PolicyInput): Promise<void> {
  const found = await bounded.run(policyPatterns, patternsOf(given))
  if (found) throw invalid(found.field, `Invalid RE2 pattern: ${found.problem}`)
}

function presented({ rolled_back_to, ...row }: PolicyRow) {
  return { ...row, policy: completePolicy(row.policy), ...(rolled_back_to === null ? {} : { rolled_back_to }) }
}

function versionOfCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor)
  throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
}
