import type { Service } from '../../platform/config.ts'
import { type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import { extend } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import { subjects } from '../approvals/approvals.extensions.ts'
import { resultJudges } from '../worker/worker.extensions.ts'
import { conflictingTasks } from './conflicts.store.ts'
import { judgeRoutes } from './judge.routes.ts'
import { createJudge, type Judge, type JudgeServiceDeps } from './judge.service.ts'

const second_ms = 1000

const conflictAttention: AttentionSource = {
  async read(tx, scope) {
    const tasks = await conflictingTasks(tx, scope)
    return tasks.map((task) => attentionItem(['conflicts', 'task'], task, `npx muster task why ${task.id}`))
  },
}

/**
 * Builds the module. Results are settled as they arrive; the job judges those that a process without a judge recorded.
 */
export function judgeModule(
  options: JudgeServiceDeps & { readonly config: { readonly services: readonly Service[] } },
): {
  readonly judge: Judge
  readonly manifest: Manifest
} {
  const judge = createJudge(options)
  const run = async (): Promise<void> => {
    while ((await judge.review()) > 0);
  }
  return {
    judge,
    manifest: {
      name: 'judge',
      routes: judgeRoutes(judge),
      attention: [conflictAttention],
      extensions: [
        extend(subjects, judge.subject),
        // Where another process judges, results wait in the review queue.
        extend(resultJudges, {
          verdicts: judge.verdicts,
          ...(options.config.services.includes('judge') && { settle: judge.settle }),
        }),
      ],
      clampTimes: judge.scoring.clampTimes,
      jobs: [
        judge.scoring.job,
        { name: 'judge.reviews', every_ms: second_ms, dueIn: options.worker.reviewsDueIn, run },
      ],
    },
  }
}
