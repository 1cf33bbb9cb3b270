import { z } from 'zod'
import { parseInput, throwIfAborted } from '../pure-capability.ts'
import { type Capability, CapabilityError } from '../tools.port.ts'

const input = z.strictObject({
  ms: z
    .int()
    .min(0)
    .max(24 * 60 * 60 * 1000),
})

/** Waits, for tests and rehearsals; ends at once when the run is stopped. */
export const sleep: Capability = {
  name: 'sleep',
  summary: 'Waits for ms milliseconds.',
  deterministic: true,
  cpu: false,
  input,
  run: async (rawInput, { signal }) => {
    const { ms } = parseInput(input, rawInput)
    throwIfAborted(signal)
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject(new CapabilityError('cancelled', 'the run was stopped'))
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal.addEventListener('abort', stop, { once: true })
    })
    return { output: { slept_ms: ms } }
  },
}
