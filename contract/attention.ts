import { z } from 'zod'
import { attentionByModule } from './gathered/attention.ts'
import { goalId, projectId } from './ids.ts'
import type { Permission } from './permissions.ts'
import { merge } from './platform/merge.ts'
import { keysOf } from './platform/objects.ts'
import { type Severity, severities } from './platform/severities.ts'
import { type Data, timestamp } from './values.ts'

interface AttentionRow {
  /** Among those of the same severity lower ones stand further up. */
  readonly rank: number
  readonly severity: Severity
  /** What a key needs to see it. */
  readonly permission: Permission
  /** What it can be about. */
  readonly subjects: readonly string[]
}

/** Every kind of thing that a person should look at, with its severity and who may see it. */
export const attentionTable = merge(
  attentionByModule satisfies Readonly<Record<string, Readonly<Record<string, AttentionRow>>>>,
)

export type AttentionKind = keyof typeof attentionTable
export type AttentionSubject = (typeof attentionTable)[AttentionKind]['subjects'][number]

/** The kinds of what needs attention, most urgent first. */
export const attentionKinds = keysOf(attentionTable).sort(
  (one, other) => attentionTable[one].rank - attentionTable[other].rank,
)
const subject_kinds = [
  ...new Set<AttentionSubject>(Object.values(attentionTable).flatMap(({ subjects }) => [...subjects])),
]

/** One thing that a person should look at. */
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
