/**
 * Milliseconds of processor time that this process has used so far. Bounds on how long something takes are measured in
 * it, since a busy machine stretches the time of the clock and not this one.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
