import type { BoundedFunction } from './bounded-function.ts'
import { serveJobs } from './serve-jobs.ts'

export interface FunctionJob {
  readonly name: string
  readonly input: unknown
}

export type FunctionAnswer =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly message: string }

/** The entry of a thread: runs these bounded functions by name. */
export function serveFunctions(functions: readonly BoundedFunction<never, unknown>[]): void {
  const byName = new Map(functions.map((one) => [one.name, one]))
  serveJobs(
    ({ name, input }: FunctionJob): FunctionAnswer => {
      try {
        // Name and input of a job come from one function.
        return { ok: true, output: byName.get(name)?.run(input as never) }
      } catch (error) {
        return { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      }
    },
    ({ name }, answer) => (answer.ok ? (byName.get(name)?.outputBytes?.(answer.output) ?? []) : []),
  )
}
