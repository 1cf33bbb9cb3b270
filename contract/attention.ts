import { z } from 'zod'
import { approvalsAttention } from './approvals/attention.ts'
import { budgetsAttention } from './budgets/attention.ts'
import { goalId, projectId } from './ids.ts'
import { judgeAttention } from './judge/attention.ts'
import { merge } from './merge.ts'
import type { Permission } from './permissions.ts'
import { plannerAttention } from './planner/attention.ts'
import { type Severity, severities } from './platform/severities.ts'
import { projectsAttention } from './projects/attention.ts'
import { type Data, timestamp } from './values.ts'
import { workerAttention } from './worker/attention.ts'

interface AttentionRow {
  /** Among those of the same severity lower ones stand further up. */
  readonly rank: number
  readonly severity: Severity
  /** What a key needs to see it. */
  readonly permission: Permission
  /** What it can be about. */
  readonly subjects: readonly string[]
}

/** What needs a person's attention, in the order of the modules. */
export const attentionByModule = {
  projects: projectsAttention,
  budgets: budgetsAttention,
  approvals: approvalsAttention,
  planner: plannerAttention,
  worker: workerAttention,
  judge: judgeAttention,
} as const satisfies Readonly<Record<string, Readonly<Record<string, AttentionRow>>>>

export const attentionTable = merge(attentionByModule)

export type AttentionKind = keyof typeof attentionTable
export type AttentionSubject = (typeof attentionTable)[AttentionKind]['subjects'][number]

export const attentionKinds = (Object.keys(attentionTable) as [AttentionKind, ...AttentionKind[]]).sort(
  (one, other) => attentionTable[one].rank - attentionTable[other].rank,
)
const subject_kinds = [...new Set(Object.values(attentionTable).flatMap(({ subjects }) => subjects))] as [
  AttentionSubject,
  ...AttentionSubject[],
]

export const attention = z.object({
  kind: z.enum(attentionKinds),
  severity: z.enum(severities),
  subject_kind: z.enum(subject_kinds),
  subject_id: z.string().describe('An id; of a queue its name.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  title: z.string(),
  since: timestamp,
  remedy: z.string().describe('The command that fixes it, or what has to happen.'),
})
export type Attention = Data<z.output<typeof attention>>
