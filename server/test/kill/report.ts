import type { Finding } from './evidence.types.ts'
import type { PlayedRound, RunReport } from './rounds.ts'
import type { Fault } from './schedule.ts'

/** One line a round: what was done, what had been acknowledged by then, how long it took. */
export function roundLine({ number, fault, reached, took_ms, acknowledged }: PlayedRound, of: number): string {
  const what = `${nameOf(fault)}${reached ? '' : ' (not reached: killed)'}`
  return `${String(number).padStart(4)}/${of}  ${what.padEnd(48)} acknowledged ${String(acknowledged).padStart(5)}  ${(took_ms / 1000).toFixed(1)} s`
}

/** How often each fault was done, and what it took. */
export function summary({ rounds, evidence }: RunReport): string[] {
  const kinds = new Map<string, PlayedRound[]>()
  for (const round of rounds) {
    const name = nameOf(round.fault).replace(/ at.*/, '')
    kinds.set(name, [...(kinds.get(name) ?? []), round])
  }
  const rows = [...kinds].sort(([one], [other]) => one.localeCompare(other))
  const lines = rows.map(([name, played]) => {
    const seconds = played.reduce((sum, { took_ms }) => sum + took_ms, 0) / 1000 / played.length
    const missed = played.filter(({ reached }) => !reached).length
    return `${name.padEnd(40)} ${String(played.length).padStart(4)} rounds ${missed > 0 ? `${missed} not reached` : ''} ${seconds.toFixed(1)} s each`
  })
  const { calls } = evidence
  const count = (outcome: string): number => calls.filter((call) => call.outcome === outcome).length
  return [
    '',
    ...lines,
    `calls: ${count('ok')} acknowledged, ${count('refused')} refused, ${count('unknown')} unknown, ${count('unsent')} not sent`,
  ]
}

const lines_max = 10

/** By rule, the first few of each. */
export function findingLines(findings: readonly Finding[]): string[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))]
  return rules.flatMap((rule) => {
    const found = findings.filter((finding) => finding.rule === rule)
    const more = found.length > lines_max ? [`  and ${found.length - lines_max} more`] : []
    return [`${rule}: ${found.length}`, ...found.slice(0, lines_max).map(({ message }) => `  ${message}`), ...more]
  })
}

export function endLine({ rounds, findings, evidence, settled_ms }: RunReport, seed: number): string {
  const total_s = rounds.reduce((sum, { took_ms }) => sum + took_ms, settled_ms) / 1000
  const { goals, tasks, events } = evidence
  const seen = `${goals.length} goals, ${tasks.length} tasks, ${events.length} events`
  return `seed ${seed}: ${rounds.length} rounds in ${total_s.toFixed(0)} s (${(settled_ms / 1000).toFixed(0)} s to settle); ${seen}; lost ${count(findings, 'lost')}, doubled ${count(findings, 'doubled')}, ${findings.length} findings`
}

const count = (findings: readonly Finding[], word: string): number =>
  findings.filter(({ message }) => message.includes(word)).length

function nameOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill_point':
      return `${fault.point} at hit ${fault.hit}`
    case 'kill':
      return `SIGKILL at ${fault.after_ms} ms`
    case 'stop':
      return `SIGSTOP past the lease at ${fault.after_ms} ms`
    case 'database_restart':
      return `database restart, ${fault.mode} at ${fault.after_ms} ms`
    case 'database_cut':
      return `database answers lost at ${fault.after_ms} ms`
  }
}
