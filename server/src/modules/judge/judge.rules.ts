/**
 * The judge's confidence, quality and routing: pure, and the same table as in docs/invariants.md.
 *
 * The first row that matches decides; the figures are project policy:
 * 1 rows 2 or 4 would retry, but it was sent back often enough or another try cannot differ → person, with the history
 * 2 a critical violation → retry with feedback; where money or data could be lost → person
 * 3 a sensitive topic, an effect that people decide about, a rubric that no model has scored, or the task asks for approval → person
 * 4 any other violation, low quality, low confidence → retry with feedback
 * 5 confidence not above `commit_above` → person
 * 6 otherwise → commit; at high oversight, and for a share of them that policy names → person
 */
import type { Finding, TopicFinding } from './checks/checks.types.ts'

/** The part of a project's policy that routing reads. */
export interface RoutingPolicy {
  readonly oversight: 'low' | 'medium' | 'high'
  readonly quality_min: number
  readonly confidence_min: number
  /** Confidence up to and including this goes to a person. */
  readonly commit_above: number
  readonly retries_max: number
  /** The share of results that would commit by themselves and are put to a person instead. */
  readonly sample_share: number
}

/** A finding that breaks policy; the message is the feedback for the next try. */
export interface Violation {
  readonly rule: string
  readonly severity: 'critical' | 'warning'
  readonly message: string
}

/** The facts that routing uses beside the findings: of the task, its run, and who changed it last. */
export interface Circumstances {
  /** The task's own setting. `before` was settled before the run. */
  readonly approval: 'none' | 'before' | 'after' | 'always'
  /** How many verdicts have sent it back already. */
  readonly sent_back: number
  /** Another try cannot differ (the capability is marked so). */
  readonly deterministic: boolean
  /** Money or data could be lost by a wrong commit. */
  readonly loss_possible: boolean
  /** It proposes an effect that policy sends to people. */
  readonly effect_for_people: boolean
  /** A rubric should have scored it, and no model did. */
  readonly unscored: boolean
  /** In [0, 1), drawn for the run: the same whenever it is judged. */
  readonly lot: number
  /** A person wrote this version: judged by rows 2 and 4 alone. */
  readonly amended: boolean
}

export interface UnroutedVerdict {
  readonly quality: number | null
  readonly confidence: number
  readonly violations: readonly Violation[]
  /** Without those that an earlier approval has settled. */
  readonly topics: readonly TopicFinding[]
}

export type RouteReason =
  | 'critical_violation'
  | 'violation'
  | 'low_quality'
  | 'low_confidence'
  | 'retries_exhausted'
  | 'deterministic'
  | 'amendment_fails'
  | `sensitive_topic:${string}`
  | 'effect_for_people'
  | 'approval_required'
  | 'medium_confidence'
  | 'high_oversight'
  | 'sample'
  | 'unscored'
  | 'passed'

export interface Route {
  readonly to: 'commit' | 'retry' | 'approval'
  readonly row: 1 | 2 | 3 | 4 | 5 | 6
  readonly reason: RouteReason
  /** Who is asked: anyone who may decide, or (an amendment that fails) the person who amended. */
  readonly ask?: 'reviewers' | 'amender'
}

export function route(verdict: UnroutedVerdict, facts: Circumstances, policy: RoutingPolicy): Route {
  const fault = faultOf(verdict, policy)
  if (facts.amended) return routeAmended(fault)
  if (fault && wouldRetry(fault, facts)) {
    const noRetryReason = cannotImprove(facts, policy)
    if (noRetryReason) return person(1, noRetryReason)
  }
  if (fault?.row === 2) return facts.loss_possible ? person(2, fault.reason) : { to: 'retry', ...fault }
  const concern = concernOf(verdict, facts, policy)
  if (concern) return person(3, concern)
  if (fault) return { to: 'retry', ...fault }
  if (policy.oversight !== 'low' && verdict.confidence <= policy.commit_above) return person(5, 'medium_confidence')
  if (policy.oversight === 'high') return person(6, 'high_oversight')
  if (facts.lot < policy.sample_share) return person(6, 'sample')
  return { to: 'commit', row: 6, reason: 'passed' }
}

/**
 * Confidence of a rules-only verdict: the product over all checks of (1 − weight × share of failures), so 1 without
 * checks, and never higher for one failure more. Rounded to six places, so that 0.9 means 0.9.
 */
export function confidence(findings: readonly Finding[]): number {
  return round(findings.reduce((product, finding) => product * (1 - clamp(finding.weight) * share(finding)), 1))
}

/** The same product over the checks that measure quality; null where there are none. */
export function quality(findings: readonly Finding[]): number | null {
  const qualityFindings = findings.filter((finding) => finding.measures === 'quality')
  return qualityFindings.length === 0 ? null : confidence(qualityFindings)
}

/** The findings that break policy: at least one failure, a share from `violation_from` on, and more than `info`. */
export function violationsOf(findings: readonly Finding[]): readonly Violation[] {
  return findings.flatMap((finding) => {
    const { check, severity, failed, of, violation_from, message } = finding
    if (severity === 'info' || failed === 0 || share(finding) < violation_from) return []
    return [{ rule: check, severity, message: message ?? `${failed} of ${of} failed` }]
  })
}

/**
 * The topics that still need a person: a topic is settled when every piece of its evidence lies wholly in a text that
 * a person has approved for this goal, so that nobody is asked twice about the same words.
 */
export function unsettledTopics(
  topics: readonly TopicFinding[],
  approved_texts: readonly string[],
): readonly TopicFinding[] {
  if (topics.length === 0 || approved_texts.length === 0) return topics
  const approvedTexts = approved_texts.map(squeeze)
  return topics.flatMap(({ topic, evidence }) => {
    const open = evidence.filter(({ text }) => !approvedTexts.some((words) => words.includes(squeeze(text))))
    return open.length > 0 ? [{ topic, evidence: open }] : []
  })
}

export interface Verdict extends UnroutedVerdict {
  /** False as long as too few human decisions exist to compare the confidence with. */
  readonly calibrated: false
  readonly checks: readonly Finding[]
  readonly route: Route
}

/** Makes the verdict from the findings of all checks. */
export function verdictOf({
  findings,
  facts,
  policy,
  approved_texts = [],
}: {
  readonly findings: readonly Finding[]
  readonly facts: Circumstances
  readonly policy: RoutingPolicy
  /** Texts of results of the same goal that a person has approved. */
  readonly approved_texts?: readonly string[]
}): Verdict {
  const unroutedVerdict: UnroutedVerdict = {
    quality: quality(findings),
    confidence: confidence(findings),
    violations: violationsOf(findings),
    topics: unsettledTopics(
      findings.flatMap(({ topics = [] }) => topics),
      approved_texts,
    ),
  }
  return { ...unroutedVerdict, calibrated: false, checks: findings, route: route(unroutedVerdict, facts, policy) }
}

/** How long a task that was sent back waits: 1 s, 2 s, 4 s …, times 0.5 to 1 by `jitter` (0 to 1). */
export function retryDelayMs(sent_back: number, jitter: number): number {
  const delay_ms = 1000 * 2 ** Math.min(Math.max(sent_back, 0), 10)
  return Math.round(delay_ms * (0.5 + clamp(jitter) / 2))
}

interface Fault {
  readonly row: 2 | 4
  readonly reason: 'critical_violation' | 'violation' | 'low_quality' | 'low_confidence'
}

/** The first of rows 2 and 4 that matches. */
function faultOf(verdict: UnroutedVerdict, policy: RoutingPolicy): Fault | null {
  if (verdict.violations.some(({ severity }) => severity === 'critical'))
    return { row: 2, reason: 'critical_violation' }
  if (verdict.violations.length > 0) return { row: 4, reason: 'violation' }
  if (verdict.quality !== null && verdict.quality < policy.quality_min) return { row: 4, reason: 'low_quality' }
  if (verdict.confidence < policy.confidence_min) return { row: 4, reason: 'low_confidence' }
  return null
}

/** Row 2 sends nothing back where money or data could be lost, so row 1 has nothing to prevent there. */
function wouldRetry(fault: Fault, facts: Circumstances): boolean {
  return fault.row === 4 || !facts.loss_possible
}

function cannotImprove(facts: Circumstances, policy: RoutingPolicy): 'retries_exhausted' | 'deterministic' | null {
  if (facts.sent_back >= policy.retries_max) return 'retries_exhausted'
  return facts.deterministic ? 'deterministic' : null
}

/** Row 3. At low oversight only `approval: always` is honoured; topics and effects go to a person at every level. */
function concernOf(verdict: UnroutedVerdict, facts: Circumstances, policy: RoutingPolicy): RouteReason | null {
  const [first] = verdict.topics
  if (first) return `sensitive_topic:${first.topic}`
  if (facts.effect_for_people) return 'effect_for_people'
  if (facts.unscored) return 'unscored'
  const needsApproval = facts.approval === 'always' || (facts.approval === 'after' && policy.oversight !== 'low')
  return needsApproval ? 'approval_required' : null
}

/** A person's version goes back to that person where rows 2 or 4 match, and otherwise commits. */
function routeAmended(fault: Fault | null): Route {
  if (!fault) return { to: 'commit', row: 6, reason: 'passed' }
  return { to: 'approval', row: fault.row, reason: 'amendment_fails', ask: 'amender' }
}

function person(row: Route['row'], reason: RouteReason): Route {
  return { to: 'approval', row, reason, ask: 'reviewers' }
}

function share({ failed, of }: { readonly failed: number; readonly of: number }): number {
  return of > 0 ? clamp(failed / of) : 0
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, '')
}
