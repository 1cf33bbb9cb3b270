import { type Goal, goalLabel } from '@muster/contract/planner/goals/goals'
import { Link } from '@tanstack/react-router'
import { useActorName } from '../../../components/agents/actor-names.ts'
import { Breadcrumb, BreadcrumbLink } from '../../../components/breadcrumb.tsx'
import { TaskCounts } from '../../../components/tasks/task-counts.tsx'
import { money, plural, words } from '../../../ui/format.ts'
import { Ident } from '../../../ui/ident.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Status, Tag } from '../../../ui/status.tsx'
import { Ago, Took } from '../../../ui/time.tsx'
import { GoalActs } from './goal-acts.tsx'

/** What the goal is and how it stands, with what can be done about it. */
export function GoalHead({ goal }: { readonly goal: Goal }) {
  const actorName = useActorName()
  const { id, number, title, status, priority, counts, spent, stated_by, created_at, started_at, ended_at } = goal
  return (
    <PageHead
      above={
        <Breadcrumb>
          <BreadcrumbLink to="/goals">Goals</BreadcrumbLink>
          <span className="inline-flex items-center gap-x-2">
            <span className="font-mono text-[0.93rem]">{goalLabel(number)}</span>
            <Ident id={id} />
          </span>
        </Breadcrumb>
      }
      title={title}
      facts={
        <>
          <Status state={status} />
          <TaskCounts counts={counts} wide />
          {priority !== 'medium' && <Tag>{words(priority)} priority</Tag>}
          <span>
            {money(spent.cost_micro_usd)} spent
            {spent.tokens > 0 && `, ${plural(spent.tokens, 'token')}`}
          </span>
          <span>
            Created <Ago at={created_at} />
            {stated_by !== undefined && ` by ${actorName(stated_by)}`}
          </span>
          {started_at !== undefined && (
            <span>
              {ended_at === undefined ? 'Running for ' : 'Took '}
              <Took from={started_at} to={ended_at} />
            </span>
          )}
          {goal.rerun_of !== undefined && (
            <Link
              to="/goals/$goal_id"
              params={{ goal_id: goal.rerun_of }}
              className="text-accent underline-offset-2 hover:underline"
            >
              Rerun of …{goal.rerun_of.slice(-8)}
            </Link>
          )}
        </>
      }
      actions={<GoalActs goal={goal} />}
    />
  )
}
