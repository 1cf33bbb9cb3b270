import { getGoal } from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { reasonText } from '@muster/contract/platform/reason-text'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { BrainCircuit } from 'lucide-react'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useApi } from '../../../api/query.ts'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { Choice } from '../../../ui/field.tsx'
import { plural, words } from '../../../ui/format.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty, Loading, QueryBoundary } from '../../../ui/states.tsx'
import { Took } from '../../../ui/time.tsx'
import { useGoalGraph } from '../graph/use-goal-graph.ts'
import { TaskPanel } from '../task/task-panel.tsx'
import { GoalHead } from './goal-head.tsx'
import { GoalQuestions } from './goal-questions.tsx'
import { GoalResults } from './goal-results.tsx'
import { ReplanGoal } from './replan-goal.tsx'
import { TaskTable } from './task-table.tsx'

const GoalGraph = lazy(async () => ({ default: (await import('../graph/goal-graph.tsx')).GoalGraph }))

/** One goal: how it stands, what it asks, what it made, and its tasks as they run. */
export function GoalPage() {
  const { goal_id } = useParams({ from: '/goals/$goal_id' })
  const goal = useApi(getGoal, { params: { id: goal_id } })
  return (
    <>
      {goal.data === undefined && <PageHead title="Goal" />}
      <QueryBoundary of={goal} loading={<Loading lines={10} />}>
        {(loadedGoal) => (
          <>
            <GoalHead goal={loadedGoal} />
            <div className="flex flex-col gap-4">
              <Because goal={loadedGoal} />
              <GoalQuestions goal={loadedGoal} />
              <GoalResults goal={loadedGoal} />
              <Tasks goal={loadedGoal} />
              <Wanted goal={loadedGoal} />
            </div>
          </>
        )}
      </QueryBoundary>
    </>
  )
}

const graph_height = 'h-[max(24rem,calc(100dvh-22rem))]'

/** On a narrow page a list is easier to read than a drawing; either is one press away. */
function firstView(): 'graph' | 'table' {
  return matchMedia('(min-width: 48rem)').matches ? 'graph' : 'table'
}

function Tasks({ goal }: { readonly goal: Goal }) {
  const { view = firstView(), task, show } = useSearch({ from: '/goals/$goal_id' })
  const navigate = useNavigate({ from: '/goals/$goal_id' })
  const graph = useGoalGraph(goal.id)
  const toggled = useMemo(() => new Set((show ?? '').split(',').filter(Boolean)), [show])
  const select = useCallback(
    (id: string | undefined) =>
      void navigate({ search: (before) => ({ ...before, task: id }), replace: true, resetScroll: false }),
    [navigate],
  )
  const toggle = useCallback(
    (key: string) =>
      void navigate({
        search: (before) => ({ ...before, show: toggledText(before.show, key) }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  )
  return (
    <Panel
      flush
      title="Tasks"
      actions={
        <>
          <Link
            to="/goals/$goal_id/plans"
            params={{ goal_id: goal.id }}
            className="inline-flex min-h-7 items-center rounded px-1 text-accent underline-offset-2 hover:underline"
          >
            {plural(goal.plan_revision, 'plan revision')}
          </Link>
          <Choice
            label="View"
            value={view}
            options={[
              ['graph', 'Graph'],
              ['table', 'Table'],
            ]}
            onChange={(next) =>
              void navigate({ search: (before) => ({ ...before, view: next }), replace: true, resetScroll: false })
            }
          />
        </>
      }
    >
      <QueryBoundary
        of={graph}
        loading={
          <div className={graph_height}>
            <Loading lines={8} />
          </div>
        }
      >
        {(loadedGraph) =>
          loadedGraph.nodes.length === 0 ? (
            <Empty title="No tasks yet">Tasks appear here after planning.</Empty>
          ) : view === 'table' ? (
            <TaskTable nodes={loadedGraph.nodes} edges={loadedGraph.edges} selected={task} onOpen={select} />
          ) : (
            <div className={graph_height}>
              <Suspense fallback={<Loading lines={6} />}>
                <GoalGraph graph={loadedGraph} selected={task} onSelect={select} toggled={toggled} onToggle={toggle} />
              </Suspense>
            </div>
          )
        }
      </QueryBoundary>
      <TaskPanel goal={goal} task_id={task} onClose={() => select(undefined)} onOpen={select} />
    </Panel>
  )
}

function toggledText(before: string | undefined, key: string): string | undefined {
  const keys = new Set((before ?? '').split(',').filter(Boolean))
  if (!keys.delete(key)) keys.add(key)
  return keys.size === 0 ? undefined : [...keys].join(',')
}

/** Why a goal stands where it stands, where its status alone does not say it. */
function Because({ goal }: { readonly goal: Goal }) {
  const { status, reason } = goal
  const permission = usePermission()
  const [planning, setPlanning] = useState(false)
  if (isPlannedByModel(goal)) return <BeingPlanned goal={goal} />
  if (reason === undefined || status === 'done') return null
  const isUnplanned = reason.startsWith('planning failed:')
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 rounded-lg border border-line bg-surface px-4 py-2.5">
      <p className="min-w-0 [overflow-wrap:anywhere]">
        <span className="font-medium">{words(status)}:</span> {reasonText(reason)}
        {reason === 'needs_plan' && (
          <span className="text-soft">. A task failed and the plan cannot continue. Replan or cancel the goal.</span>
        )}
      </p>
      {(reason === 'needs_plan' || isUnplanned) && (
        <Button small disabledReason={permission('goals:write').reason} onClick={() => setPlanning(true)}>
          Replan
        </Button>
      )}
      {planning && <ReplanGoal goal={goal} onClose={() => setPlanning(false)} />}
    </div>
  )
}

function isPlannedByModel({ status, strategy, plan_revision }: Goal): boolean {
  return status === 'planning' && strategy === 'model' && plan_revision === 0
}

/** A goal that has no tasks yet, since a model is still at its plan. */
function BeingPlanned({ goal: { created_at } }: { readonly goal: Goal }) {
  return (
    <p role="status" className="flex flex-wrap items-center gap-2 rounded-lg border border-line bg-surface px-4 py-2.5">
      <BrainCircuit aria-hidden size={16} className="text-accent motion-safe:animate-pulse" />
      <span className="font-medium">Planning with a model</span>
      <span className="text-soft">
        · <Took from={created_at} />. Tasks appear here when the plan is ready.
      </span>
    </p>
  )
}

function Wanted({ goal: { text, artifact_ids = [], id } }: { readonly goal: Goal }) {
  if (text === undefined && artifact_ids.length === 0) return null
  return (
    <Panel title="Original request">
      {text !== undefined && <p className="max-w-[72ch] whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>}
      {artifact_ids.length > 0 && (
        <Link to="/artifacts" search={{ goal: id }} className="mt-2 inline-block text-accent hover:underline">
          {plural(artifact_ids.length, 'attached file')}
        </Link>
      )}
    </Panel>
  )
}
