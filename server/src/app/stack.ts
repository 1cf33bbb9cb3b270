/** Collects what was started; disposing ends it in the reverse order, all of it, and throws the first failure. (Node 20 has no `AsyncDisposableStack` yet.) */
export function createStack(): AsyncDisposable & { use<T extends AsyncDisposable>(started: T): T } {
  const started: AsyncDisposable[] = []
  return {
    use(one) {
      started.push(one)
      return one
    },
    async [Symbol.asyncDispose]() {
      const failures: unknown[] = []
      for (const one of started.reverse()) {
        try {
          await one[Symbol.asyncDispose]()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
