import { MusterError } from '../errors.ts'

/** Limits how many connections each organization has open in this process. */
export interface ConnectionLimits {
  /** Counts one more until it is disposed of. Throws `rate_limited` where no more are allowed. */
  take(organization_id: string): Disposable
}

const retry_after_ms = 5_000

export function createConnectionLimits({
  what,
  max,
}: {
  readonly what: string
  readonly max: number
}): ConnectionLimits {
  const taken = new Map<string, number>()
  return {
    take(organization_id) {
      const count = taken.get(organization_id) ?? 0
      if (count >= max)
        throw new MusterError('rate_limited', `Your organization already has ${max} open ${what}.`, {
          limit: max,
          retry_after_ms,
          remedy: 'Close some of them. One connection without filters receives all events.',
        })
      taken.set(organization_id, count + 1)
      let given_back = false
      return {
        [Symbol.dispose]() {
          if (given_back) return
          given_back = true
          const left = (taken.get(organization_id) ?? 1) - 1
          if (left === 0) taken.delete(organization_id)
          else taken.set(organization_id, left)
        },
      }
    },
  }
}
