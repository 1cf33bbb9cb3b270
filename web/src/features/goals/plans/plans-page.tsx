import { getGoal, getGoalPlan, listGoalPlans } from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalLabel } from '@muster/contract/planner/goals/goals'
import type { PlanRevision } from '@muster/contract/planner/plans/plans'
import { reasonText } from '@muster/contract/platform/reason-text'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useApi, useApiWhen } from '../../../api/query.ts'
import { useActorName } from '../../../components/agents/actor-names.ts'
import { Breadcrumb, BreadcrumbLink } from '../../../components/breadcrumb.tsx'
import { cx } from '../../../ui/cx.ts'
import { Field, Select } from '../../../ui/field.tsx'
import { plural } from '../../../ui/format.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { QueryBoundary } from '../../../ui/states.tsx'
import { Tag } from '../../../ui/status.tsx'
import { Ago } from '../../../ui/time.tsx'
import { comparePlans } from './compare-plans.ts'
import { PlanChanges } from './plan-changes.tsx'

/** The revisions of a goal's plan, and what one has that another has not. */
export function PlansPage() {
  const { goal_id } = useParams({ from: '/goals/$goal_id/plans' })
  const goal = useApi(getGoal, { params: { id: goal_id } })
  const plans = useApi(listGoalPlans, { params: { id: goal_id }, query: { limit: 200 } })
  return (
    <>
      {goal.data === undefined && <PageHead title="Plan revisions" />}
      <QueryBoundary of={goal} loading={<span />}>
        {(loadedGoal) => <Head goal={loadedGoal} />}
      </QueryBoundary>
      <QueryBoundary of={plans}>{({ items }) => <Revisions goal_id={goal_id} revisions={items} />}</QueryBoundary>
    </>
  )
}

function Head({ goal: { id, number, title } }: { readonly goal: Goal }) {
  return (
    <PageHead
      above={
        <Breadcrumb>
          <BreadcrumbLink to="/goals">Goals</BreadcrumbLink>
          <BreadcrumbLink to="/goals/$goal_id" params={{ goal_id: id }}>
            <span className="font-mono text-[0.93rem]">{goalLabel(number)}</span>
          </BreadcrumbLink>
        </Breadcrumb>
      }
      title="Plan revisions"
      facts={title}
    />
  )
}

function Revisions({ goal_id, revisions }: { readonly goal_id: string; readonly revisions: readonly PlanRevision[] }) {
  const search = useSearch({ from: '/goals/$goal_id/plans' })
  const navigate = useNavigate({ from: '/goals/$goal_id/plans' })
  const actorName = useActorName()
  const newest = revisions[0]?.revision ?? 1
  const to = search.to ?? newest
  const from = search.from ?? Math.max(1, to - 1)
  const choose = (more: { readonly from?: number; readonly to?: number }): void =>
    void navigate({ search: (before) => ({ ...before, from, to, ...more }), replace: true })
  const options = revisions.map(({ revision }) => [String(revision), `Rev. ${revision}`] as const)
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
      <Panel flush title={plural(revisions.length, 'revision')}>
        <ol className="max-h-[32rem] divide-y divide-line overflow-auto">
          {revisions.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                aria-pressed={one.revision === to}
                onClick={() => choose({ to: one.revision, from: Math.max(1, one.revision - 1) })}
                className={cx(
                  'flex w-full flex-col gap-0.5 px-4 py-2.5 text-left',
                  one.revision === to ? 'bg-accent-soft' : 'hover:bg-sunken',
                )}
              >
                <span className="flex flex-wrap items-center gap-2 font-medium">
                  Revision {one.revision}
                  {one.current && <Tag tone="good">Current</Tag>}
                </span>
                <span className="text-soft [overflow-wrap:anywhere]">
                  {one.reason === undefined ? 'Initial plan' : reasonText(one.reason)}
                </span>
                <span className="text-[0.93rem] text-faint">
                  {plural(one.task_count, 'task')}, <Ago at={one.created_at} />
                  {` by ${actorName(one.created_by)}`}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </Panel>
      <Panel
        flush
        title={revisions.length > 1 ? 'Changes' : 'Tasks'}
        actions={
          revisions.length > 1 && (
            <div className="flex items-center gap-2">
              <Field label={<span className="sr-only">From revision</span>}>
                <Select
                  value={from}
                  options={options}
                  onChange={({ target }) => choose({ from: Number(target.value) })}
                />
              </Field>
              <ArrowRight aria-hidden size={15} className="shrink-0 text-faint" />
              <Field label={<span className="sr-only">To revision</span>}>
                <Select value={to} options={options} onChange={({ target }) => choose({ to: Number(target.value) })} />
              </Field>
            </div>
          )
        }
      >
        <Compared goal_id={goal_id} from={from} to={to} />
      </Panel>
    </div>
  )
}

function Compared({ goal_id, from, to }: { readonly goal_id: string; readonly from: number; readonly to: number }) {
  const isOne = from === to
  const after = useApi(getGoalPlan, { params: { id: goal_id, revision: to } })
  const before = useApiWhen(!isOne, getGoalPlan, { params: { id: goal_id, revision: from } })
  return (
    <QueryBoundary of={after}>
      {(now) =>
        isOne ? (
          <PlanChanges comparison={comparePlans([], now.tasks)} alone />
        ) : (
          <QueryBoundary of={before}>
            {(old) => <PlanChanges comparison={comparePlans(old.tasks, now.tasks)} />}
          </QueryBoundary>
        )
      }
    </QueryBoundary>
  )
}
