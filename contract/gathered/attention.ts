// Made from contract/*/attention.ts in the order of the modules by `npm run generate`; do not edit.
import { approvalsAttention } from '../approvals/attention.ts'
import { budgetsAttention } from '../budgets/attention.ts'
import { judgeAttention } from '../judge/attention.ts'
import { plannerAttention } from '../planner/attention.ts'
import { projectsAttention } from '../projects/attention.ts'
import { workerAttention } from '../worker/attention.ts'

export const attentionByModule = {
  projects: projectsAttention,
  budgets: budgetsAttention,
  approvals: approvalsAttention,
  planner: plannerAttention,
  worker: workerAttention,
  judge: judgeAttention,
} as const
