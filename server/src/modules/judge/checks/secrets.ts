/** The check `secrets`: credentials, by the forms that issuers document and by assignments of random-looking values. */
import type { Check, Evidence, OutputText } from './checks.types.ts'
import { has } from './prefilter.ts'
import { evidenceAt, textsAt } from './texts.ts'

interface Form {
  readonly kind: string
  /** Texts of which one must occur for the pattern to be tried. */
  readonly marks: readonly string[]
  /** Linear: no two neighbouring repetitions can match the same characters. */
  readonly pattern: RegExp
}

const forms: readonly Form[] = [
  {
    kind: 'private key',
    marks: ['PRIVATE KEY'],
    pattern: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
  },
  { kind: 'AWS access key', marks: ['AKIA', 'ASIA'], pattern: /\bA(?:KIA|SIA)[0-9A-Z]{16}\b/g },
  {
    kind: 'GitHub token',
    marks: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    pattern: /\bgh[pousr]_[0-9A-Za-z]{36,255}\b/g,
  },
  { kind: 'GitHub token', marks: ['github_pat_'], pattern: /\bgithub_pat_[0-9A-Za-z_]{22,255}\b/g },
  { kind: 'Slack token', marks: ['xox'], pattern: /\bxox[abeprs]-[0-9A-Za-z-]{10,255}/g },
  {
    kind: 'Slack webhook',
    marks: ['hooks.slack.com'],
    pattern: /hooks\.slack\.com\/services\/T[0-9A-Z]{6,14}\/B[0-9A-Z]{6,14}\/[0-9A-Za-z]{16,40}/g,
  },
  { kind: 'Google API key', marks: ['AIza'], pattern: /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/g },
  { kind: 'Google OAuth secret', marks: ['GOCSPX-'], pattern: /\bGOCSPX-[0-9A-Za-z_-]{20,64}/g },
  {
    kind: 'Stripe key',
    marks: ['k_live_', 'k_test_', 'whsec_'],
    pattern: /\b(?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z]{16,255}\b/g,
  },
  { kind: 'Anthropic key', marks: ['sk-ant-'], pattern: /\bsk-ant-[0-9A-Za-z_-]{20,255}/g },
  {
    kind: 'OpenAI key',
    marks: ['sk-'],
    pattern:
      /\bsk-(?!ant-)(?:proj-|svcacct-|admin-)?(?=[0-9A-Za-z_-]{0,64}[0-9])(?=[0-9A-Za-z_-]{0,64}[A-Z])[0-9A-Za-z_-]{20,255}/g,
  },
  {
    kind: 'JSON Web Token',
    marks: ['eyJ'],
    pattern: /\beyJ[0-9A-Za-z_-]{10,4000}\.eyJ[0-9A-Za-z_-]{10,8000}\.[0-9A-Za-z_-]{10,2000}/g,
  },
  { kind: 'GitLab token', marks: ['glpat-'], pattern: /\bglpat-[0-9A-Za-z_-]{20,64}/g },
  { kind: 'npm token', marks: ['npm_'], pattern: /\bnpm_[0-9A-Za-z]{36}\b/g },
]

const credentials = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/?#@'"]{0,64}:([^\s:/?#@'"]{3,128})@[0-9A-Za-z[]/g
const assignment =
  /(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["'`]?[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4}["'`]?([0-9A-Za-z_\-./+=~!@#$%^&*]{8,256})/gi
const secretName =
  /(?:^|[_/-])(?:passw(?:or)?d|passwd|pwd|(?:client_?|api_?)?secret|api_?key|(?:access|auth|refresh|bearer)_?token|secret_?(?:access_?)?key|private_?key)$/i
const evidence_max = 20

export const secrets: Check = ({ texts, params }) => {
  const evidence: Evidence[] = []
  const kinds = new Set<string>()
  for (const one of textsAt(texts, params.path)) {
    if (evidence.length >= evidence_max) break
    for (const { kind, start, end } of findSecrets(one)) {
      kinds.add(kind)
      if (evidence.length < evidence_max)
        evidence.push({ ...evidenceAt(one, start, end), text: mask(one.text.slice(start, end)) })
    }
  }
  if (kinds.size === 0) return { failed: 0, of: 1, evidence }
  return { failed: 1, of: 1, evidence, message: `contains possible credentials: ${[...kinds].join(', ')}` }
}

interface SecretSpan {
  readonly kind: string
  readonly start: number
  readonly end: number
}

function findSecrets(one: OutputText): readonly SecretSpan[] {
  const { text, path, flags } = one
  if (text.length < 8) return []
  const spans: SecretSpan[] = []
  if (flags & (has.token | has.dashes))
    for (const { kind, marks, pattern } of forms)
      if (marks.some((mark) => text.includes(mark)))
        for (const match of text.matchAll(pattern)) spans.push(spanOf(kind, match, match[0]))
  if (flags & has.at && text.includes('://'))
    for (const match of text.matchAll(credentials))
      if (!isPlaceholder(match[1] ?? '')) spans.push(spanOf('connection string with a password', match, match[0]))
  if (flags & has.assignment) spans.push(...findAssignedSecrets(text))
  if (secretName.test(path) && looksRandom(text, 8) && !/\s/.test(text))
    spans.push({ kind: 'value of a secret field', start: 0, end: text.length })
  return spans
}

/** Assignments such as `password = "…"`, where the value looks generated and not like a word or placeholder. */
function findAssignedSecrets(text: string): readonly SecretSpan[] {
  if (!/passw|pwd|secret|token|[_-]?key|credential/i.test(text)) return []
  return [...text.matchAll(assignment)].flatMap((match) => {
    const value = match[1] ?? ''
    return looksRandom(value, 12) ? [spanOf('assigned secret', match, match[0])] : []
  })
}

/**
 * Whether a value looks random: long enough, letters and digits mixed, and at least three bits of Shannon entropy a
 * character; identifiers, times, addresses and plain numbers do not count.
 */
function looksRandom(value: string, length_min: number): boolean {
  if (value.length < length_min || value.length > 256 || isPlaceholder(value)) return false
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)) return false
  if (/^\d{4}-\d\d-\d\d|^[\d.,_-]+$|^(?:sha\d+[-:]|https?:|\/)/i.test(value)) return false
  return /\d/.test(value) && /[a-z]/i.test(value) && entropy(value) >= 3
}

function isPlaceholder(value: string): boolean {
  return /^[*x.]+$|^<|^\$|^%|^\{|example|placeholder|changeme|your[_-]|redacted|xxxx|\*\*\*/i.test(value)
}

/** Bits a character, by the frequencies in the value itself. */
function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum - (count / value.length) * Math.log2(count / value.length), 0)
}

function spanOf(kind: string, match: RegExpMatchArray, text: string): SecretSpan {
  const start = match.index ?? 0
  return { kind, start, end: start + text.length }
}

/** Enough to recognise it, not enough to use it. */
function mask(text: string): string {
  return `${text.slice(0, Math.min(6, text.length >> 2))}…`
}
