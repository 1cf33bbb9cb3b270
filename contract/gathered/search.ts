// Made from contract/*/search.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsSearch } from '../agents/search.ts'
import { approvalsSearch } from '../approvals/search.ts'
import { artifactsSearch } from '../artifacts/search.ts'
import { plannerSearch } from '../planner/search.ts'
import { projectsSearch } from '../projects/search.ts'
import { stateSearch } from '../state/search.ts'
import { workerSearch } from '../worker/search.ts'

export const searchByModule = {
  projects: projectsSearch,
  artifacts: artifactsSearch,
  state: stateSearch,
  approvals: approvalsSearch,
  agents: agentsSearch,
  planner: plannerSearch,
  worker: workerSearch,
} as const
