import { type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import { goalAttentionStore } from './store/goal-attention.store.ts'

/** Goals that wait for a plan or have failed, as what needs attention. */
export const goalAttention: AttentionSource = {
  async read(tx, scope) {
    const [needing_plan, failed] = await Promise.all([
      goalAttentionStore.needingPlan(tx, scope),
      goalAttentionStore.failed(tx, scope),
    ])
    return [
      ...needing_plan.map((goal) =>
        attentionItem(
          ['goal_needs_plan', 'goal'],
          goal,
          `Replan the goal: POST /api/v1/planner/replan with goal_id ${goal.id}`,
        ),
      ),
      ...failed.map((goal) => attentionItem(['goal_failed', 'goal'], goal, `npx muster goal show ${goal.id}`)),
    ]
  },
}
