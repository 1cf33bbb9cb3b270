import { getGoal } from '@muster/contract/planner/goals/goal.operations'
import { goalLabel } from '@muster/contract/planner/goals/goals'
import { getRun } from '@muster/contract/worker/operations'
import type { RunDetail } from '@muster/contract/worker/run-details'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useApi, useApiWhen } from '../../api/query.ts'
import { useAgentName } from '../../components/agents/agent-names.ts'
import { Breadcrumb, BreadcrumbLink } from '../../components/breadcrumb.tsx'
import { Content } from '../../components/content.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { TaskLog } from '../../components/tasks/task-log.tsx'
import { VerdictView } from '../../components/tasks/verdict-view.tsx'
import { money, percent, plural } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, Loading, QueryBoundary } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'
import { Ago, Took } from '../../ui/time.tsx'
import { RunBrief } from './run-brief.tsx'
import { RunConflicts } from './run-conflicts.tsx'
import { RunState } from './run-state.tsx'
import { RunTimeline } from './run-timeline.tsx'

const tabs = ['output', 'brief', 'verdicts', 'state', 'conflicts', 'log', 'raw'] as const
type Tab = (typeof tabs)[number]

/** One try at a task: how it came about, what it was told, what it said, and what was made of that. */
export function RunPage() {
  const { run_id } = useParams({ from: '/runs/$run_id' })
  const run = useApi(getRun, { params: { id: run_id } })
  return (
    <>
      {run.data === undefined && <PageHead title="Run" />}
      <QueryBoundary of={run} loading={<Loading lines={10} />}>
        {(loadedRun) => (
          <>
            <Head run={loadedRun} />
            <div className="flex flex-col gap-4">
              {loadedRun.error !== undefined && (
                <p className="rounded-lg bg-bad-soft px-4 py-2.5 [overflow-wrap:anywhere]">
                  <code className="font-mono text-bad">{loadedRun.error.code}</code> {loadedRun.error.message}
                </p>
              )}
              <RunTimeline timeline={loadedRun.timeline} />
              <RunSections run={loadedRun} />
            </div>
          </>
        )}
      </QueryBoundary>
    </>
  )
}

const linked = 'inline-flex min-h-[24px] items-center text-accent underline-offset-2 hover:underline'

function Head({ run }: { readonly run: RunDetail }) {
  const { id, task_id, goal_id, agent_id, title, status, capability, usage, progress, started_at, ended_at } = run
  const agentName = useAgentName()
  const goal = useApiWhen(goal_id !== undefined, getGoal, { params: { id: goal_id ?? '' } })
  return (
    <PageHead
      above={
        <Breadcrumb>
          {goal_id !== undefined && (
            <BreadcrumbLink to="/goals/$goal_id" params={{ goal_id }}>
              {goal.data === undefined ? 'Goal' : `${goalLabel(goal.data.number)} ${goal.data.title}`}
            </BreadcrumbLink>
          )}
          <span className="inline-flex items-center gap-x-2">
            Run
            <Ident id={id} />
          </span>
        </Breadcrumb>
      }
      title={title}
      facts={
        <>
          <Status state={status} />
          <span>
            Started <Ago at={started_at} />, <Took from={started_at} to={ended_at} />
          </span>
          <span>{capability}</span>
          {agent_id !== undefined && (
            <Link to="/agents/$agent_id" params={{ agent_id }} className={linked}>
              {agentName(agent_id)}
            </Link>
          )}
          {status === 'live' && progress !== undefined && <span>{percent(progress)} done</span>}
          {usage !== undefined && (
            <span>
              {money(usage.cost_micro_usd ?? 0)}
              {(usage.tokens ?? 0) > 0 && `, ${plural(usage.tokens ?? 0, 'token')}`}
            </span>
          )}
        </>
      }
      actions={
        <>
          {goal_id !== undefined && (
            <LinkButton to="/goals/$goal_id" params={{ goal_id }} search={{ task: task_id }}>
              View task
            </LinkButton>
          )}
          {run.approvals.map((approval_id, place) => (
            <LinkButton key={approval_id} to="/approvals" search={{ item: approval_id }}>
              {run.approvals.length === 1 ? 'Approval' : `Approval ${place + 1}`}
            </LinkButton>
          ))}
        </>
      }
    />
  )
}

function RunSections({ run }: { readonly run: RunDetail }) {
  const search = useSearch({ from: '/runs/$run_id' })
  const navigate = useNavigate({ from: '/runs/$run_id' })
  const tab = tabs.find((one) => one === search.tab) ?? (run.status === 'live' ? 'log' : 'output')
  const { verdicts, conflicts } = run
  return (
    <Panel flush label="Run details">
      <h2 className="sr-only">Run details</h2>
      <Tabs<Tab>
        value={tab}
        onChange={(next) =>
          void navigate({ search: (before) => ({ ...before, tab: next }), replace: true, resetScroll: false })
        }
        tabs={[
          { value: 'output', label: 'Output', content: <Output run={run} /> },
          { value: 'brief', label: 'Brief', content: <RunBrief run={run} /> },
          {
            value: 'verdicts',
            label: verdicts.length > 1 ? `Verdicts (${verdicts.length})` : 'Verdict',
            content: <Verdicts run={run} />,
          },
          { value: 'state', label: 'State', content: <RunState run={run} /> },
          {
            value: 'conflicts',
            label: conflicts.length > 0 ? `Conflicts (${conflicts.length})` : 'Conflicts',
            content: <RunConflicts conflicts={conflicts} />,
          },
          {
            value: 'log',
            label: 'Log',
            content: (
              <div className="p-4">
                <TaskLog task_id={run.task_id} run_id={run.id} />
              </div>
            ),
          },
          {
            value: 'raw',
            label: 'JSON',
            content: (
              <div className="p-4">
                <JsonView value={run} label="Run (JSON)" />
              </div>
            ),
          },
        ]}
      />
    </Panel>
  )
}

function Output({ run: { output, artifacts, status } }: { readonly run: RunDetail }) {
  if (output === undefined && artifacts.length === 0) {
    return (
      <Empty title="No output">
        {status === 'live' ? 'The output appears here when the run ends.' : 'The run ended without output.'}
      </Empty>
    )
  }
  return (
    <div className="flex flex-col gap-4 p-4">
      <h3 className="sr-only">Output</h3>
      {output !== undefined && <Content value={output} label="Output" />}
      {artifacts.length > 0 && (
        <section>
          <h3 className="mb-1 font-medium">Artifacts</h3>
          <ul className="flex flex-col gap-0.5">
            {artifacts.map(({ artifact_id, role }) => (
              <li key={artifact_id}>
                <Link to="/artifacts" search={{ artifact: artifact_id }} className={linked}>
                  {role} …{artifact_id.slice(-8)}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function Verdicts({ run: { verdicts, status } }: { readonly run: RunDetail }) {
  if (verdicts.length === 0) {
    return (
      <Empty title="No verdict">
        {status === 'finished' ? 'The result is not reviewed yet.' : 'Only results are reviewed.'}
      </Empty>
    )
  }
  return (
    <ol className="divide-y divide-line">
      {verdicts.map((verdict) => (
        <li key={verdict.id ?? verdict.sha256} className="p-4">
          <h3 className="sr-only">Verdict</h3>
          {verdict.at !== undefined && verdicts.length > 1 && (
            <p className="mb-2 text-faint">
              Reviewed <Ago at={verdict.at} />
            </p>
          )}
          <VerdictView verdict={verdict} />
        </li>
      ))}
    </ol>
  )
}
