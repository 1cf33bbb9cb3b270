/** Reasons whose codes alone would not be understood. */
const known_reasons: Readonly<Record<string, string>> = {
  retries_exhausted: 'Retries used up',
  deterministic: 'Rule failed',
  violation: 'Rule failed',
  critical_violation: 'Critical rule failed',
  amendment_fails: 'Edited result failed a rule',
  effect_for_people: 'External effect',
  approval_before: 'Approval required',
  sample: 'Spot check',
  unscored: 'Not scored',
  run_asks: 'Agent question',
  conflicts: 'Document conflicts',
  occ_conflict: 'Document conflict',
  needs_plan: 'New plan required',
  commit_manual: 'Manual commit required',
}

/**
 * The reason of a goal, task or approval as words: `sensitive_topic:health_advice` gives Sensitive topic: health advice.
 * Text after a code stays as it is, and so does text without a code but for its first letter.
 */
export function reasonText(reason: string): string {
  const known = knownText(reason)
  if (known !== undefined) return known
  // Not an address: `https://…`.
  const [, code, separator = '', detail = ''] = /^([a-z][a-z0-9_]*)(?:(:\s*)(?!\/\/)(.*))?$/s.exec(reason) ?? []
  if (code === undefined) return capitalized(reason)
  const title = knownText(code) ?? capitalized(code.replaceAll('_', ' '))
  if (detail === '') return title
  return `${title}: ${separator === ':' ? detail.replaceAll('_', ' ').replaceAll(':', ': ') : detail}`
}

function knownText(code: string): string | undefined {
  return Object.hasOwn(known_reasons, code) ? known_reasons[code] : undefined
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
