import { limits } from '@muster/contract/limits'
import { MusterError } from '../../errors.ts'
import { createWindows } from './windows.ts'

/** Counts failed authentications, so that guessing is slow and others behind the same address are not locked out. */
export interface FailedAuthentications {
  /** Milliseconds for which a credential that failed too often from an address is refused there without a lookup. */
  blockedMs(address: string, credential_hash: string): number | undefined
  /**
   * Looks a credential up. An address from which too many different ones failed gets few lookups at once and the rest
   * wait, so that a good key gets through and guessing costs the database little. Throws `rate_limited` where too many
   * wait.
   */
  look<T>(address: string, work: () => Promise<T>): Promise<T>
  /** Counts a failure. Returns the milliseconds that the address has to wait after too many different failures. */
  count(address: string, credential_hash: string): number | undefined
}

const minute_ms = 60_000
const keys_max = 10_000
const again_ms = 1_000

export function createFailedAuthentications(now: () => number): FailedAuthentications {
  const max = limits.failed_authentications_per_minute_max
  const by_credential = createWindows({ window_ms: minute_ms, keys_max, now })
  const by_address = createWindows({ window_ms: minute_ms, keys_max, now })
  const slots = createSlots()
  const nameOf = (address: string, hash: string): string => `${address} ${hash}`

  return {
    blockedMs: (address, hash) => by_credential.blockedMs(nameOf(address, hash), max),

    look(address, work) {
      return by_address.blockedMs(address, max) === undefined ? work() : slots.use(address, work)
    },

    count(address, hash) {
      const name = nameOf(address, hash)
      const is_first = by_credential.blockedMs(name, 1) === undefined
      // A guessing address gets no counters for its guesses: they would push out those of others.
      if (is_first && by_address.take(address, max) !== undefined) return by_address.blockedMs(address, max)
      by_credential.take(name, max)
      return undefined
    },
  }
}

interface Queue {
  running: number
  readonly waiting: (() => void)[]
}

/** Bounds the lookups at once of each address; the others wait in order. */
function createSlots() {
  const queues = new Map<string, Queue>()

  async function enter(queue: Queue): Promise<void> {
    if (queue.running < limits.guessed_lookups_at_once_max) {
      queue.running += 1
      return
    }
    if (queue.waiting.length >= limits.guessed_lookups_waiting_max)
      throw new MusterError('rate_limited', 'Too many failed authentications from this address within a minute.', {
        retry_after_ms: again_ms,
      })
    await new Promise<void>((resolve) => queue.waiting.push(resolve))
  }

  function leave(address: string, queue: Queue): void {
    const next = queue.waiting.shift()
    if (next) next()
    else queue.running -= 1
    if (queue.running === 0) queues.delete(address)
  }

  return {
    async use<T>(address: string, work: () => Promise<T>): Promise<T> {
      const queue = queues.get(address) ?? { running: 0, waiting: [] }
      queues.set(address, queue)
      await enter(queue)
      try {
        return await work()
      } finally {
        leave(address, queue)
      }
    },
  }
}
