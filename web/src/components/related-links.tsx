import { getGoal } from '@muster/contract/planner/goals/goal.operations'
import { getTask } from '@muster/contract/planner/tasks/task.operations'
import { Link } from '@tanstack/react-router'
import { useApiWhen } from '../api/query.ts'
import { usePermission } from '../providers/session.tsx'
import { useAgentName } from './agents/agent-names.ts'
import { useScopeName } from './scope-names.ts'

const link = 'text-accent underline underline-offset-2 [overflow-wrap:anywhere]'

// Links to what something belongs to: by its name, or by the end of its id until the name is there or where the key may not read it.

export function GoalLink({ goal_id }: { readonly goal_id: string }) {
  const isAllowed = usePermission()('goals:read').allowed
  const goal = useApiWhen(isAllowed, getGoal, { params: { id: goal_id } })
  return (
    <Link to="/goals/$goal_id" params={{ goal_id }} className={link}>
      {goal.data?.title ?? `Goal …${goal_id.slice(-8)}`}
    </Link>
  )
}

export function TaskLink({ goal_id, task_id }: { readonly goal_id: string; readonly task_id: string }) {
  const isAllowed = usePermission()('tasks:read').allowed
  const task = useApiWhen(isAllowed, getTask, { params: { id: task_id } })
  return (
    <Link to="/goals/$goal_id" params={{ goal_id }} search={{ task: task_id }} className={link}>
      {task.data?.title ?? `Task …${task_id.slice(-8)}`}
    </Link>
  )
}

export function RunLink({ run_id }: { readonly run_id: string }) {
  return (
    <Link to="/runs/$run_id" params={{ run_id }} className={link}>
      Run …{run_id.slice(-8)}
    </Link>
  )
}

export function AgentLink({ agent_id }: { readonly agent_id: string }) {
  const agentName = useAgentName()
  return (
    <Link to="/agents/$agent_id" params={{ agent_id }} className={link}>
      {agentName(agent_id)}
    </Link>
  )
}

export function ProjectLink({ project_id }: { readonly project_id: string }) {
  const scopeName = useScopeName()
  return (
    <Link to="/goals" search={{ project: project_id }} className={link}>
      {scopeName({ kind: 'project', id: project_id })}
    </Link>
  )
}
