import { MusterError } from '../errors.ts'

/**
 * Thrown inside a transaction for work that takes longer than a transaction may. The transaction is rolled back, the
 * work is done with nothing held open, and the transaction begins anew and finds the result.
 */
export class OutsideWork extends Error {
  override readonly name = 'OutsideWork'
  readonly run: () => Promise<void>
  /** Drops the result when no transaction needs it any more. */
  readonly forget: () => void

  constructor({ run, forget }: { run(): Promise<void>; forget(): void }) {
    super('this has to be done outside of the transaction')
    this.run = run
    this.forget = forget
  }
}

/** How often one transaction may begin anew. */
const rounds_max = 100

/** Tries `transaction` again after each piece of work that it asks for. */
export async function withOutsideWork<T>(transaction: () => Promise<T>): Promise<T> {
  const finishedWork: OutsideWork[] = []
  try {
    while (finishedWork.length < rounds_max) {
      try {
        return await transaction()
      } catch (error) {
        if (!(error instanceof OutsideWork)) throw error
        finishedWork.push(error)
        await error.run()
      }
    }
    throw new MusterError('too_costly', `More than ${rounds_max} things would have to be evaluated at once.`, {
      limit: rounds_max,
    })
  } finally {
    for (const { forget } of finishedWork) forget()
  }
}
