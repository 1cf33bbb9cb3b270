/** The read before a call: whether its key is in force, whether an emergency stop is, and the budget version. */
import { createBatcher } from '../../../platform/concurrency/batcher.ts'
import type { Engine } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { SpendScopes } from '../../budgets/budgets.port.ts'
import { type AdmissionAnswer, type AdmissionQuestion, admissionStore } from '../store/admission.store.ts'

export interface CallAdmission {
  /** Throws `unauthenticated` for a key that was revoked before this was asked. */
  checkKey(key: Pick<AdmittedCall, 'organization_id' | 'key_id'>): Promise<void>
  /**
   * The budget version that the call is made under. Throws `unauthenticated`, and `stopped` where a stop was raised
   * before.
   */
  budgetVersion(call: AdmittedCall): Promise<string>
  /** For a call that is answered without an attempt. Throws `stopped` where an emergency stop is in force. */
  admit(scopes: SpendScopes): Promise<void>
}

/** A call without a key is one of this server's own. */
export interface AdmittedCall extends SpendScopes {
  readonly key_id: string | null
}

const items_max = 256

/**
 * Reads the database after the call has come. Calls that come together share a read, and nothing is synced to disk for
 * it.
 */
export function createCallAdmission({ engine }: { readonly engine: Engine }): CallAdmission {
  const batcher = createBatcher<readonly AdmissionQuestion[], ReadonlyMap<string, string>>({
    items_max,
    isCommon: isCommonFailure,
    async write(questions) {
      const answers = await readAnswers(engine, distinct(questions.flat()))
      return questions.map(() => answers)
    },
  })
  async function budgetVersion(call: AdmittedCall): Promise<string> {
    const { organization_id } = call
    const questions = [...keyOf(call), ...stopScopes(call)]
    const budget_version: AdmissionQuestion = { organization_id, kind: 'budget_version', id: organization_id }
    const answers = await batcher.add([...questions, budget_version])
    refuse(questions, answers)
    return answers.get(nameOf(budget_version)) ?? ''
  }

  return {
    async checkKey(key) {
      const questions = keyOf(key)
      refuse(questions, await batcher.add(questions))
    },
    budgetVersion,
    admit: async (scopes) => void (await budgetVersion({ ...scopes, key_id: null })),
  }
}

async function readAnswers(
  engine: Engine,
  questions: readonly AdmissionQuestion[],
): Promise<ReadonlyMap<string, string>> {
  let rows: readonly AdmissionAnswer[] = []
  await engine.transact(async (tx) => {
    // Sent with the commit behind it, in one round trip.
    tx.beforeCommit(async () => {
      rows = await admissionStore.read(tx, questions)
    })
  })
  return new Map(rows.flatMap((row) => (row.found === null ? [] : [[nameOf(row), row.found] as const])))
}

function refuse(questions: readonly AdmissionQuestion[], answers: ReadonlyMap<string, string>): void {
  for (const one of questions) {
    const isFound = answers.has(nameOf(one))
    if (one.kind === 'key' && !isFound) throw new MusterError('unauthenticated', 'The API key was revoked.')
    if (one.kind !== 'key' && isFound)
      throw new MusterError('stopped', 'An emergency stop is active; models cannot be called.')
  }
}

const nameOf = ({ kind, id }: AdmissionQuestion): string => `${kind} ${id}`

function distinct(questions: readonly AdmissionQuestion[]): readonly AdmissionQuestion[] {
  return [...new Map(questions.map((one) => [nameOf(one), one])).values()]
}

function keyOf({
  organization_id,
  key_id,
}: Pick<AdmittedCall, 'organization_id' | 'key_id'>): readonly AdmissionQuestion[] {
  return key_id === null ? [] : [{ organization_id, kind: 'key', id: key_id }]
}

function stopScopes({ organization_id, project_id, agent_id }: SpendScopes): readonly AdmissionQuestion[] {
  const scopes: (AdmissionQuestion | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}
