/** Request coalescing: a call that equals one under way joins it. */

export interface SharedRequest<Value> {
  readonly value: Promise<Value>
  /** Another caller waits for it. When all of them have gone the call is aborted. */
  join(signal: AbortSignal): void
}

export interface RequestCoalescing<Value> {
  find(key: string): SharedRequest<Value> | undefined
  /** Starts a call under these keys, until its result has ended. */
  start(
    keys: readonly string[],
    callerSignal: AbortSignal,
    call: (signal: AbortSignal) => StartedRequest<Value>,
  ): SharedRequest<Value>
}

export interface StartedRequest<Value> {
  readonly value: Promise<Value>
  /** Resolves when nobody can join any more; never throws. */
  readonly ended: Promise<void>
}

export function createRequestCoalescing<Value>(): RequestCoalescing<Value> {
  const runningRequests = new Map<string, SharedRequest<Value>>()
  return {
    find: (key) => runningRequests.get(key),
    start(keys, callerSignal, call) {
      const controller = new AbortController()
      let members = 0
      const forget = (): void => {
        for (const key of keys) if (runningRequests.get(key) === sharedRequest) runningRequests.delete(key)
      }
      const leave = (): void => {
        members -= 1
        if (members > 0) return
        // Whoever comes now starts another one.
        forget()
        controller.abort()
      }
      const join = (signal: AbortSignal): void => {
        members += 1
        if (signal.aborted) leave()
        else signal.addEventListener('abort', leave, { once: true })
      }
      const { value, ended } = call(controller.signal)
      const sharedRequest = { value, join }
      for (const key of keys) runningRequests.set(key, sharedRequest)
      join(callerSignal)
      // Callers see the failure through `value`.
      value.catch(() => {})
      void ended.then(forget)
      return sharedRequest
    },
  }
}
