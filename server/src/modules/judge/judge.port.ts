import type { Data } from '@muster/contract/values'
import type { verdict } from '@muster/contract/worker/verdicts'
import type { z } from 'zod'
import type { Tx } from '../../platform/db/db.ts'

/** A recorded verdict as it is shown; ids are plain strings. */
export type ShownVerdict = Data<z.input<typeof verdict>> & { readonly id: string; readonly at: string }

/** What other modules may ask of the judge. */
export interface JudgePort {
  /** The verdicts on a run with their evidence, oldest first. */
  verdicts(
    tx: Tx,
    organization_id: string,
    run: { readonly run_id: string; readonly task_id: string },
  ): Promise<readonly ShownVerdict[]>
}
