import type { Candidate, PassedOver } from '../store/worker.store.ts'
import { type ClaimedAssignment, ClaimFailed, type ClaimOptions, type Round, type RoundOptions } from './claim.ts'
import type { Attempt } from './end-attempts.ts'

export interface RoundDeps {
  look(options: RoundOptions): Promise<Round>
  end(attempts: readonly Attempt[]): Promise<unknown>
  /** Fails a task that cannot be handed out. */
  giveUp(candidate: Candidate, error: unknown): Promise<void>
}

const rounds_max = 16

/**
 * Claims in rounds until the slots are full or no task fits: tasks that a limit refused are passed over in the next
 * round, which is a transaction of its own, since limits are locked in one order. Tasks that were claimed are run even
 * if a later round fails: the error shows again at the next claim.
 */
export async function claimRounds(options: ClaimOptions, deps: RoundDeps): Promise<ClaimedAssignment[]> {
  const claimedTasks: ClaimedAssignment[] = []
  const passed_over: PassedOver[] = []
  try {
    for (let rounds = 0; rounds < rounds_max; rounds += 1) {
      const round = await lookWithFallback({ ...options, max: options.max - claimedTasks.length, passed_over }, deps)
      claimedTasks.push(...round.claimed)
      // Room that was reserved for tasks of another claimer is free again, so no refusal is final.
      if (!round.contended) passed_over.push(...round.refused)
      if (round.missing.length > 0) await deps.end(round.missing)
      const again = round.refused.length > 0 || round.missing.length > 0 || round.contended
      if (!again || claimedTasks.length >= options.max) break
    }
  } catch (error) {
    // What was claimed has to be handed out; the next look meets the failure again and tells of it.
    if (claimedTasks.length === 0) throw error
  }
  return claimedTasks
}

/**
 * A task that cannot be handed out must not keep the others waiting (invariant 19): where a round fails, each of its
 * tasks is claimed by itself, and the one that fails again is given up.
 */
async function lookWithFallback(options: RoundOptions, deps: RoundDeps): Promise<Round> {
  try {
    return await deps.look(options)
  } catch (error) {
    if (!(error instanceof ClaimFailed)) throw error
    const rounds: Round[] = []
    for (const candidate of error.candidates) rounds.push(await alone(options, deps, candidate))
    return {
      claimed: rounds.flatMap((round) => round.claimed),
      missing: rounds.flatMap((round) => round.missing),
      refused: rounds.flatMap((round) => round.refused),
      // Tasks of the same lane after the one that was given up have not been tried.
      contended: true,
    }
  }
}

async function alone(options: RoundOptions, deps: RoundDeps, candidate: Candidate): Promise<Round> {
  try {
    return await deps.look({ ...options, candidates: [candidate] })
  } catch (error) {
    if (!(error instanceof ClaimFailed)) throw error
    await deps.giveUp(candidate, error.cause)
    return { claimed: [], missing: [], refused: [], contended: false }
  }
}
