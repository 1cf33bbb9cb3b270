import { completePolicy, type Policy, type PolicyInput } from '@muster/contract/projects/policies'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import { firstPatternProblem } from './policy-patterns.ts'
import type { ProjectRef } from './projects.port.ts'
import { patternsOf } from './projects.rules.ts'
import { type NewPolicyRow, type PolicyRow, projectsStore } from './projects.store.ts'

interface ListQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

const cached_policies_max = 1_000

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
        return presentPolicy(row)
      }),

    /** `if_match`: the version that must be in force, else `version_moved`. */
    async put(
      caller: Caller,
      project_id: string,
      { policy, if_match }: { readonly policy: PolicyInput; readonly if_match: number | undefined },
    ) {
      await checkPatterns(options.bounded, policy)
      return next(caller, project_id, async (_tx, _ref, version) => {
        if (if_match !== undefined && if_match !== version)
          throw new MusterError('version_moved', `The policy is at version ${version}, not ${if_match}.`, {
            value: version,
          })
        return { version: version + 1, policy: completePolicy(policy), rolled_back_to: null }
      })
    },

    rollBack: (caller: Caller, project_id: string, targetVersion: number) =>
      next(caller, project_id, async (tx, ref, version) => {
        if (targetVersion === version)
          throw invalid('version', `Version ${targetVersion} is already active.`, targetVersion)
        const oldPolicy = await projectsStore.policy(tx, ref, targetVersion)
        if (oldPolicy === undefined)
          throw invalid('version', `This policy has no version ${targetVersion}.`, targetVersion)
        return { version: version + 1, policy: oldPolicy, rolled_back_to: targetVersion }
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
        return { items: items.map(presentPolicy), ...more }
      })
    },
  }
}

/** Reads a version and caches it: every commit needs it, and it never changes. */
function createReader() {
  const policyCache = new Map<string, Policy>()
  return async (tx: Tx, ref: ProjectRef, version: number): Promise<Policy> => {
    const key = `${ref.organization_id} ${ref.project_id} ${version}`
    const cachedPolicy = policyCache.get(key)
    if (cachedPolicy) return cachedPolicy
    const storedPolicy = await projectsStore.policy(tx, ref, version)
    if (storedPolicy === undefined) throw notFound(`policy version ${version} of project`, ref.project_id)
    // Fields that are newer than the stored policy get their defaults.
    const policy = completePolicy(storedPolicy)
    // A version of a transaction that is rolled back must not stay in the cache.
    tx.afterCommit(() => {
      if (policyCache.size >= cached_policies_max) policyCache.clear()
      policyCache.set(key, policy)
    })
    return policy
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
      const newVersion = { ...(await make(tx, ref, project.policy_version)), changed_by: caller.principal }
      await projectsStore.insertPolicy(tx, ref, newVersion)
      await projectsStore.usePolicy(tx, ref, newVersion)
      const { version, rolled_back_to } = newVersion
      const data = rolled_back_to === null ? { version } : { version, rolled_back_to }
      journal.record(tx, ref.organization_id, [{ type: 'policy.changed', actor: caller.principal, project_id, data }])
      tx.afterCommit(() => onChanged(ref.organization_id))
      const row = await projectsStore.findPolicy(tx, ref, version)
      invariant(row, 'the version was written just now')
      return presentPolicy(row)
    })
  }
}

/** Patterns run on RE2; what it cannot compile is refused here, not where a result is judged. */
export async function checkPatterns(bounded: Pick<Bounded, 'run'>, policy: PolicyInput): Promise<void> {
  const invalidPattern = await bounded.run(firstPatternProblem, patternsOf(policy))
  if (invalidPattern) throw invalid(invalidPattern.field, `Invalid RE2 pattern: ${invalidPattern.problem}`)
}

function presentPolicy({ rolled_back_to, ...row }: PolicyRow) {
  return { ...row, policy: completePolicy(row.policy), ...(rolled_back_to === null ? {} : { rolled_back_to }) }
}

function versionOfCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor)
  throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
}
