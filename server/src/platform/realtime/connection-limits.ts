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
  const countByOrganization = new Map<string, number>()
  return {
    take(organization_id) {
      const count = countByOrganization.get(organization_id) ?? 0
      if (count >= max)
        throw new MusterError('rate_limited', `Your organization already has ${max} open ${what}.`, {
          limit: max,
          retry_after_ms,
          remedy: 'Close some of them. One connection without filters receives all events.',
        })
      countByOrganization.set(organization_id, count + 1)
      let isReleased = false
      return {
        [Symbol.dispose]() {
          if (isReleased) return
          isReleased = true
          const remaining = (countByOrganization.get(organization_id) ?? 1) - 1
          if (remaining === 0) countByOrganization.delete(organization_id)
          else countByOrganization.set(organization_id, remaining)
        },
      }
    },
  }
}
