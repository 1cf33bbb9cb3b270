/** Collects what was started; disposing ends it in the reverse order. (Node 20 has no `AsyncDisposableStack` yet.) */
export function createStack(): AsyncDisposable & { use<T extends AsyncDisposable>(started: T): T } {
  const started: AsyncDisposable[] = []
  return {
    use(one) {
      started.push(one)
      return one
    },
    async [Symbol.asyncDispose]() {
      for (const one of started.reverse()) await one[Symbol.asyncDispose]()
    },
  }
}
