/** Ranks what needs attention: pure. */

import { type AttentionKind, attentionKinds } from '@muster/contract/dashboard/attention'
import type { Permission } from '@muster/contract/permissions'
import type { Severity } from '@muster/contract/projects/checks'

export interface Attention {
  readonly kind: AttentionKind
  readonly severity: Severity
  readonly subject_kind: 'organization' | 'project' | 'agent' | 'goal' | 'task' | 'approval' | 'budget' | 'queue'
  readonly subject_id: string
  readonly project_id?: string
  readonly goal_id?: string
  readonly title: string
  readonly since: string
  readonly remedy: string
}

/** The severity of each kind, and the permission that a key needs to see it. */
export const attentionTable = {
  stop: { severity: 'critical', needs: 'agents:read' },
  unworked_queue: { severity: 'critical', needs: 'tasks:read' },
  budget_closed: { severity: 'critical', needs: 'budgets:read' },
  approval_past_due: { severity: 'critical', needs: 'approvals:read' },
  goal_needs_plan: { severity: 'warning', needs: 'goals:read' },
  agent_offline_with_work: { severity: 'warning', needs: 'agents:read' },
  goal_failed: { severity: 'warning', needs: 'goals:read' },
  approval_due_soon: { severity: 'warning', needs: 'approvals:read' },
  conflicts: { severity: 'warning', needs: 'tasks:read' },
  task_failed: { severity: 'info', needs: 'tasks:read' },
} as const satisfies Record<AttentionKind, { readonly severity: Severity; readonly needs: Permission }>

const shown_max = 50
const of_a_kind_max = 10

/**
 * The gravest first: by severity, then by kind in the order of the contract, then what has lasted longest. At most ten of
 * a kind, so that a flood of one hides nothing else.
 */
export function ranked(found: readonly Attention[], permissions: ReadonlySet<Permission>): readonly Attention[] {
  const counts = new Map<AttentionKind, number>()
  return found
    .filter(({ kind }) => permissions.has(attentionTable[kind].needs))
    .toSorted(byGravity)
    .filter(({ kind }) => {
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      return count <= of_a_kind_max
    })
    .slice(0, shown_max)
}

const severities = ['critical', 'warning', 'info'] as const satisfies Severity[]

function byGravity(one: Attention, other: Attention): number {
  return (
    severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
    attentionKinds.indexOf(one.kind) - attentionKinds.indexOf(other.kind) ||
    Date.parse(one.since) - Date.parse(other.since) ||
    (one.subject_id < other.subject_id ? -1 : 1)
  )
}
