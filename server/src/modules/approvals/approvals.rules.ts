/** Who may decide, when an approval is decided, and its state machine: pure. */

import type { AnswerAction } from '@muster/contract/approvals/approvals'
import type { MovedFact } from '@muster/contract/approvals/errors'
import { limits } from '@muster/contract/limits'
import { chainOf } from '../../platform/principal.ts'
import type { Person } from '../identity/identity.port.ts'
import type { Lineage, NewApproval } from './approvals.port.ts'
import type { AnswerRow } from './approvals.types.ts'

/**
 * An approval is open until enough people have given the same answer. Then it is decided, and revocable until the
 * answer takes effect; without that wait it is applied at once. An approval that nobody answers expires, which never
 * means approved; one that is overtaken is withdrawn.
 */
export const approvalTransitions = {
  open: ['decided', 'applied', 'expired', 'withdrawn'],
  decided: ['open', 'applied', 'withdrawn'],
  applied: [],
  expired: [],
  withdrawn: [],
} as const

/** Why a principal may not decide, or null where it may (design rule 6). For four eyes, see `hasStated`. */
export function ownWork(lineage: Lineage, { ids }: Person, action: AnswerAction): string | null {
  if (isOneOf(ids, lineage.amended_by))
    return action === 'approve' ? 'You edited this result, so another person has to approve it.' : null
  return isOneOf(ids, lineage.made_by) ? 'You cannot decide about your own work.' : null
}

/** Whether a policy of four eyes keeps the principal from deciding. */
export function hasStated({ stated_by, made_by }: Lineage, { ids, agent_ids }: Person): boolean {
  return isOneOf(ids, stated_by) || isOneOf(agent_ids, made_by)
}

function isOneOf(ids: ReadonlySet<string>, actors: Lineage['made_by']): boolean {
  return actors.some((actor) => chainOf(actor).some(({ kind, id }) => kind !== 'system' && ids.has(id)))
}

/** The lineage as the subject gives it now, together with the one at the time of asking. */
export function fullLineage(
  lineage: Lineage,
  approval: Pick<NewApproval, 'made_by' | 'stated_by' | 'amended_by'>,
): Lineage {
  return {
    made_by: [...lineage.made_by, ...approval.made_by],
    stated_by: [...lineage.stated_by, ...(approval.stated_by ? [approval.stated_by] : [])],
    amended_by: [...lineage.amended_by, ...(approval.amended_by ? [approval.amended_by] : [])],
  }
}

export type Outcome =
  | { readonly status: 'open'; readonly answers_missing: number }
  | { readonly status: 'decided'; readonly effective_at: string }
  | { readonly status: 'applied' }

type CountedAnswer = Pick<AnswerRow, 'action' | 'principal_id' | 'effective_at'>

/**
 * The effect of the last answer. Rejecting and amending need one person; everything else needs a quorum of different
 * people with the same answer. It takes effect when the last of the counted answers does.
 */
export function outcomeOf(answers: readonly CountedAnswer[], quorum: number, now: string): Outcome {
  const last = answers.at(-1)
  if (!last) return { status: 'open', answers_missing: quorum }
  const countedAnswers = decidesAlone(last.action) ? [last] : answers.filter(({ action }) => action === last.action)
  const people = new Set(countedAnswers.map(({ principal_id }) => principal_id)).size
  if (!decidesAlone(last.action) && people < quorum) return { status: 'open', answers_missing: quorum - people }
  const effective_ms = Math.max(...countedAnswers.map(({ effective_at }) => Date.parse(effective_at)))
  if (effective_ms <= Date.parse(now)) return { status: 'applied' }
  return { status: 'decided', effective_at: new Date(effective_ms).toISOString() }
}

function decidesAlone(action: AnswerAction): boolean {
  return action === 'reject' || action === 'amend' || action === 'answer'
}

/** The moved facts in words; undefined where there are none. */
export function wordsOf(movedFacts: readonly MovedFact[]): string | undefined {
  if (movedFacts.length === 0) return undefined
  const descriptions = movedFacts.slice(0, named_max).map((fact) => {
    const versions = versionsOf(fact)
    if (fact.what === 'artifact') return 'the result was replaced'
    return fact.what === 'policy' ? `the policy ${versions}` : `the document “${fact.document}” ${versions}`
  })
  const rest = movedFacts.length - descriptions.length
  return [...descriptions, ...(rest > 0 ? [`${rest} more changed`] : [])].join('; ')
}

const named_max = 5

function versionsOf({ shown_version = 0, version = 0 }: MovedFact): string {
  const shownText = shown_version === 0 ? 'did not exist when shown' : `was shown at version ${shown_version}`
  return version === 0 ? `${shownText} and is now deleted` : `${shownText} and is now at version ${version}`
}

/** A database time moved on, in whole milliseconds. */
export function timeAfter(now: string, ms: number): string {
  return new Date(Date.parse(now) + ms).toISOString()
}

/** The end of a snooze, or null where it is over; undefined where it is longer than allowed. */
export function snoozedUntil(
  request: { readonly for_ms?: number | undefined; readonly until?: string | undefined },
  now: string,
): string | null | undefined {
  const until_ms = request.until === undefined ? Date.parse(now) + (request.for_ms ?? 0) : Date.parse(request.until)
  if (until_ms - Date.parse(now) > limits.approval_snooze_ms_max) return undefined
  return until_ms > Date.parse(now) ? new Date(until_ms).toISOString() : null
}
