import { type AttentionItem, type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import { type UnworkedLane, unworkedLanes } from './rules/unworked-lanes.rules.ts'
import { workAttentionStore } from './store/work-attention.store.ts'

/** Ready tasks that nobody can take, agents that are gone, and tasks that failed, as what needs attention. */
export const workAttention: AttentionSource = {
  async read(tx, scope, { services }) {
    const [lanes, agents, tasks] = await Promise.all([
      workAttentionStore.lanes(tx, scope),
      workAttentionStore.silentAgents(tx, scope),
      workAttentionStore.failedTasks(tx, scope),
    ])
    return [
      ...unworkedLanes(lanes, services.has('worker')).map(laneItem),
      ...agents.map((agent) =>
        attentionItem(['agent_offline_with_work', 'agent'], agent, `Start agent ${agent.title}.`),
      ),
      ...tasks.map((task) => attentionItem(['task_failed', 'task'], task, `npx muster task retry ${task.id}`)),
    ]
  },
}

function laneItem({
  capability,
  agent_id,
  able_name,
  any_name,
  tasks,
  oldest_at,
  remedy,
}: UnworkedLane): AttentionItem {
  const waiting = tasks === 1 ? '1 task' : `${tasks} tasks`
  const missing = agent_id === null ? `capability ${capability}` : `agent ${able_name ?? any_name ?? agent_id}`
  const title = `No agent online for ${waiting} (${missing})`
  const row = { id: 'task_queue', project_id: null, goal_id: null, title, since: oldest_at }
  return attentionItem(['unworked_queue', 'queue'], row, remedy)
}
