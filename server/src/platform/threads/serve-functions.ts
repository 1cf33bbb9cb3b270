import type { BoundedFunction } from '../bounded-function.ts'
import { serveJobs } from './serve-jobs.ts'

export interface FunctionJob {
  readonly name: string
  readonly input: unknown
}

export type FunctionAnswer =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly message: string }

/** In the entry of a thread: runs these functions by name. */
export function serveFunctions(functions: readonly BoundedFunction<never, unknown>[]): void {
  const byName = new Map(functions.map((one) => [one.name, one]))
  serveJobs(
    ({ name, input }: FunctionJob): FunctionAnswer => {
      try {
        // Whoever sent the job took name and input from one function.
        return { ok: true, output: byName.get(name)?.run(input as never) }
      } catch (error) {
        return { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      }
    },
    ({ name }, answer) => (answer.ok ? (byName.get(name)?.outputBytes?.(answer.output) ?? []) : []),
  )
}
