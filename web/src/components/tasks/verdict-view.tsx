import { reasonText } from '@muster/contract/platform/reason-text'
import type { CheckResult, Evidence, TopicFound } from '@muster/contract/worker/verdicts'
import { percent, words } from '../../ui/format.ts'
import { Status, Tag } from '../../ui/status.tsx'

export interface VerdictFacts {
  readonly quality: number | null
  readonly confidence: number
  readonly calibrated: boolean
  readonly checks: readonly CheckResult[]
  readonly violations: readonly { readonly rule: string; readonly severity: string; readonly message: string }[]
  readonly topics: readonly TopicFound[]
  readonly route: { readonly to: string; readonly row: number; readonly reason: string }
  readonly policy_version: number
}

/** A judge's finding: where it sends the result and why, then each check with what it was found by. */
export function VerdictView({ verdict }: { readonly verdict: VerdictFacts }) {
  const { quality, confidence, calibrated, checks, violations, topics, route, policy_version } = verdict
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">
          {routeLabels[route.to] ?? words(route.to)}: {reasonOf(verdict)}
        </span>
        <span className="text-soft">Policy v{policy_version}</span>
      </p>
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <Figure name={calibrated ? 'Confidence' : 'Confidence (estimate)'} value={percent(confidence)} />
        <Figure name="Quality" value={quality === null ? 'Not measured' : percent(quality)} />
      </dl>
      {violations.length > 0 && (
        <ul className="flex flex-col gap-1.5" aria-label="Violations">
          {violations.map(({ rule, severity, message }) => (
            <li key={`${rule} ${message}`} className="flex flex-wrap items-baseline gap-2">
              <Status state={severity} />
              <span className="font-medium">{words(rule)}</span>
              <span className="text-soft">{message}</span>
            </li>
          ))}
        </ul>
      )}
      {topics.map(({ topic, evidence }) => (
        <section key={topic}>
          <h4 className="mb-1 font-medium">Sensitive topic: {words(topic).toLowerCase()}</h4>
          <Quotes evidence={evidence} />
        </section>
      ))}
      <ul className="flex flex-col divide-y divide-line" aria-label="Checks">
        {checks.map((check) => (
          <li key={check.check} className="flex flex-col gap-1.5 py-2">
            <p className="flex flex-wrap items-center gap-2">
              {check.failed === 0 ? (
                <Status state="ok" label="Passed" />
              ) : (
                <Status
                  state={check.severity}
                  label={check.of === 1 ? 'Failed' : `${check.failed} of ${check.of} failed`}
                />
              )}
              <span>{words(check.check)}</span>
              <Tag>{check.measures}</Tag>
            </p>
            {check.message !== undefined && check.failed > 0 && <p className="text-soft">{check.message}</p>}
            {check.failed > 0 && <Quotes evidence={check.evidence} />}
          </li>
        ))}
      </ul>
    </div>
  )
}

const routeLabels: Readonly<Record<string, string>> = {
  retry: 'Changes requested',
  approval: 'Sent for review',
  commit: 'Committed',
}

/** Why the verdict went where it did; where rules failed, which, such as `Rule failed: personal data (e-mail)`. */
function reasonOf({ route, violations }: VerdictFacts): string {
  const reason = reasonText(route.reason)
  if (!rule_reasons.has(route.reason) || violations.length === 0) return reason
  const rules = violations.map(({ rule, message }) => {
    const kinds = /^contains [^:]+: (.+)$/.exec(message)?.[1]
    return kinds === undefined ? words(rule).toLowerCase() : `${words(rule).toLowerCase()} (${kinds})`
  })
  return `${reason}: ${rules.join(', ')}`
}

/** Reasons that rest on failed rules. */
const rule_reasons: ReadonlySet<string> = new Set([
  'deterministic',
  'violation',
  'critical_violation',
  'amendment_fails',
])

const quotes_max = 12

/** The words that a finding rests on, with the place they stand at. */
function Quotes({ evidence }: { readonly evidence: readonly Evidence[] }) {
  return (
    <ul className="flex flex-col gap-1.5">
      {evidence.slice(0, quotes_max).map((quote) => (
        <li
          key={`${quote.artifact_id ?? quote.document ?? ''} ${quote.path ?? ''} ${quote.byte_start}`}
          className="border-l-2 border-warn pl-2.5"
        >
          <q className="[overflow-wrap:anywhere]">{quote.text}</q>
          <span className="block text-[0.86rem] text-faint">
            {quote.document ??
              (quote.artifact_id === undefined ? 'the result' : `artifact …${quote.artifact_id.slice(-8)}`)}
            {quote.path !== undefined && ` ${quote.path}`}, bytes {quote.byte_start}–{quote.byte_end}
          </span>
        </li>
      ))}
      {evidence.length > quotes_max && <li className="text-soft">and {evidence.length - quotes_max} more</li>}
    </ul>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt className="text-[0.93rem] text-faint">{name}</dt>
      <dd className="text-[1.2rem] font-semibold tabular-nums">{value}</dd>
    </div>
  )
}
