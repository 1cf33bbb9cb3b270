/** The confidence interval of a share: pure. */

/** The 95 % interval of a share (Wilson 1927): honest for few decisions, where the plain one is not. */
export function wilson(agreed: number, decisions: number): { readonly low: number; readonly high: number } {
  if (decisions === 0) return { low: 0, high: 1 }
  const z = 1.96
  const share = agreed / decisions
  const spread = z * Math.sqrt((share * (1 - share)) / decisions + (z * z) / (4 * decisions * decisions))
  const centre = share + (z * z) / (2 * decisions)
  const whole = 1 + (z * z) / decisions
  return { low: Math.max(0, (centre - spread) / whole), high: Math.min(1, (centre + spread) / whole) }
}
