import { MusterError } from '../../platform/errors.ts'
import { misfit } from '../../platform/json/misfit-function.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'

/** The problem of an output with its task's schema, in words for the agent; undefined where it fits. */
export async function misfitOf(
  bounded: Pick<Bounded, 'run'>,
  input: { readonly schema: unknown; readonly value: unknown },
): Promise<string | undefined> {
  try {
    return await bounded.run(misfit, input)
  } catch (error) {
    if (error instanceof MusterError && error.code === 'too_costly') return error.message
    throw error
  }
}
