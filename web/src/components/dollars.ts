/** Micro-USD as what is typed into a field for dollars: 0.15. */
export function dollarsOf(micro_usd: number): string {
  const whole = Math.floor(micro_usd / 1_000_000)
  const rest = String(micro_usd % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return rest === '' ? String(whole) : `${whole}.${rest}`
}

/** What was typed as dollars in micro-USD, digit by digit, so that no cent is lost to a float; undefined where it is no such amount. */
export function microUsdOf(text: string): number | undefined {
  const [, whole, rest = ''] = /^\s*(\d{1,9})(?:\.(\d{1,6}))?\s*$/.exec(text) ?? []
  return whole === undefined ? undefined : Number(whole) * 1_000_000 + Number(rest.padEnd(6, '0'))
}
