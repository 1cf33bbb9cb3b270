/** The effect of an unsuccessful attempt on its task: pure. */
import { limits } from '@muster/contract/limits'
import type { ScopedTaskRef, TaskOutcome } from '../../planner/planner.port.ts'

/** An attempt without a result. */
export type UnfinishedAttempt =
  | { readonly how: 'failed'; readonly retryable: boolean; readonly code: string; readonly message: string }
  | { readonly how: 'lost' }
  | { readonly how: 'given_back'; readonly reason: string }

export interface AttemptState {
  readonly attempts: number
  readonly attempts_max: number
  readonly leases_lost: number
}

/** Failed attempts have the task's own ceiling, lost leases one of three; a lease given back counts nowhere (invariant 18). */
export function afterAttempt(
  ref: ScopedTaskRef & { readonly run_id: string },
  state: AttemptState,
  unfinished: UnfinishedAttempt,
): TaskOutcome {
  const { organization_id, task_id, project_id, goal_id, run_id } = ref
  const subject = { organization_id, task_id, project_id, goal_id, run_id, actor: worker_actor }
  switch (unfinished.how) {
    case 'given_back':
      return {
        ...subject,
        to: 'ready',
        reason: unfinished.reason === '' ? null : unfinished.reason,
        counts: 'nothing',
        delay_ms: 0,
      }
    case 'lost':
      return state.leases_lost + 1 >= limits.leases_lost_max
        ? { ...subject, to: 'failed', reason: 'worker_lost', counts: 'leases_lost' }
        : { ...subject, to: 'ready', reason: 'lease_lost', counts: 'leases_lost', delay_ms: 0 }
    case 'failed': {
      const reason = `${unfinished.code}: ${unfinished.message}`
      if (!unfinished.retryable) return { ...subject, to: 'failed', reason }
      if (state.attempts + 1 >= state.attempts_max) return { ...subject, to: 'failed', reason, counts: 'attempts' }
      return { ...subject, to: 'ready', reason, counts: 'attempts', delay_ms: backoff_ms(state.attempts) }
    }
  }
}

/** 1 s, 2 s, 4 s. */
export function backoff_ms(attempts: number): number {
  const steps = limits.retry_backoff_ms
  return steps[Math.min(attempts, steps.length - 1)] ?? 0
}

const worker_actor = { kind: 'system', id: 'worker' } as const
