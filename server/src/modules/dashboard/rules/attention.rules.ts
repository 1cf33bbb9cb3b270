/** Ranks what needs attention: pure. */

import { type AttentionKind, attentionKinds, attentionTable } from '@muster/contract/attention'
import type { Permission } from '@muster/contract/permissions'
import { severities } from '@muster/contract/platform/severities'
import type { AttentionItem } from '../../../platform/module/attention-source.ts'

const shown_max = 50
const of_a_kind_max = 10

/**
 * The gravest first: by severity, then by the rank of its kind, then what has lasted longest. At most ten of
 * a kind, so that a flood of one hides nothing else.
 */
export function ranked(
  items: readonly AttentionItem[],
  permissions: ReadonlySet<Permission>,
): readonly AttentionItem[] {
  const counts = new Map<AttentionKind, number>()
  return items
    .filter(({ kind }) => permissions.has(attentionTable[kind].permission))
    .toSorted(byGravity)
    .filter(({ kind }) => {
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      return count <= of_a_kind_max
    })
    .slice(0, shown_max)
}

function byGravity(one: AttentionItem, other: AttentionItem): number {
  return (
    gravityOf(one) - gravityOf(other) ||
    attentionKinds.indexOf(one.kind) - attentionKinds.indexOf(other.kind) ||
    Date.parse(one.since) - Date.parse(other.since) ||
    (one.subject_id < other.subject_id ? -1 : 1)
  )
}

const gravityOf = ({ kind }: AttentionItem): number => severities.indexOf(attentionTable[kind].severity)
