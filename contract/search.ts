import { agentsSearch } from './agents/search.ts'
import { approvalsSearch } from './approvals/search.ts'
import { artifactsSearch } from './artifacts/search.ts'
import { merge } from './merge.ts'
import type { Permission } from './permissions.ts'
import { plannerSearch } from './planner/search.ts'
import { projectsSearch } from './projects/search.ts'
import { stateSearch } from './state/search.ts'
import { workerSearch } from './worker/search.ts'

interface SearchRow {
  /** What a key needs to find it. */
  readonly permission: Permission
  /** Lower ones stand further up among what a search finds. */
  readonly rank: number
}

/** What can be found, in the order of the modules. */
export const searchByModule = {
  projects: projectsSearch,
  artifacts: artifactsSearch,
  state: stateSearch,
  approvals: approvalsSearch,
  agents: agentsSearch,
  planner: plannerSearch,
  worker: workerSearch,
} as const satisfies Readonly<Record<string, Readonly<Record<string, SearchRow>>>>

export const searchTable = merge(searchByModule)

export type FindKind = keyof typeof searchTable

/** In the order in which they stand among what a search finds. */
export const findKinds = (Object.keys(searchTable) as [FindKind, ...FindKind[]]).sort(
  (one, other) => searchTable[one].rank - searchTable[other].rank,
)
