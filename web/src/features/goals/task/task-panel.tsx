import { listTaskVerdicts } from '@muster/contract/judge/operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { getTask } from '@muster/contract/planner/tasks/task.operations'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import { reasonText } from '@muster/contract/platform/reason-text'
import { listTaskRuns } from '@muster/contract/worker/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useApi, useApiWhen } from '../../../api/query.ts'
import { Content } from '../../../components/content.tsx'
import { TaskLog } from '../../../components/tasks/task-log.tsx'
import { VerdictView } from '../../../components/tasks/verdict-view.tsx'
import { Ident } from '../../../ui/ident.tsx'
import { SidePanel } from '../../../ui/overlays/dialog.tsx'
import { Empty, QueryBoundary } from '../../../ui/states.tsx'
import { Status } from '../../../ui/status.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { Ago } from '../../../ui/time.tsx'
import { TaskActs } from './task-acts.tsx'
import { TaskCost } from './task-cost.tsx'
import { TaskRuns } from './task-runs.tsx'
import { TaskWhy } from './task-why.tsx'

const tabs = ['input', 'output', 'attempts', 'verdict', 'cost', 'log'] as const
type Tab = (typeof tabs)[number]

/** One task beside the graph: how it stands and why, what went in and came out, its tries, verdicts, cost and log. */
export function TaskPanel(props: {
  readonly goal: Goal
  readonly task_id: string | undefined
  readonly onClose: () => void
  readonly onOpen: (id: string) => void
}) {
  const { goal, task_id, onClose, onOpen } = props
  const task = useApiWhen(task_id !== undefined, getTask, { params: { id: task_id ?? '' } })
  const data = task.data?.id === task_id ? task.data : undefined
  return (
    <SidePanel
      open={task_id !== undefined}
      onClose={onClose}
      title={
        data === undefined ? (
          'Task'
        ) : (
          <span className="flex flex-col gap-0.5">
            <span className="[overflow-wrap:anywhere]">{data.title}</span>
            <span className="flex flex-wrap items-center gap-2 font-normal text-faint">
              <code className="font-mono text-[0.93rem]">{data.key}</code>
              <Ident id={data.id} />
            </span>
          </span>
        )
      }
    >
      {task_id !== undefined && (
        <QueryBoundary of={{ ...task, data }}>
          {(loadedTask) => <Shown key={loadedTask.id} goal={goal} task={loadedTask} onOpen={onOpen} />}
        </QueryBoundary>
      )}
    </SidePanel>
  )
}

interface ShownProps {
  readonly goal: Goal
  readonly task: Task
  readonly onOpen: (id: string) => void
}

function Shown({ goal, task, onOpen }: ShownProps) {
  const search = useSearch({ from: '/goals/$goal_id' })
  const navigate = useNavigate({ from: '/goals/$goal_id' })
  const tab = tabs.find((one) => one === search.tab) ?? firstTab(task)
  return (
    <>
      <div className="flex flex-col gap-3 px-4 py-3">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Status state={task.status} />
          {task.reason !== undefined && <span className="text-soft">{reasonText(task.reason)}</span>}
          {task.ended_at !== undefined && (
            <span className="text-soft">
              <Ago at={task.ended_at} />
            </span>
          )}
        </p>
        <TaskWhy task={task} />
        <TaskActs task={task} onOpen={onOpen} />
      </div>
      <Tabs<Tab>
        value={tab}
        onChange={(next) =>
          void navigate({ search: (before) => ({ ...before, tab: next }), replace: true, resetScroll: false })
        }
        tabs={[
          { value: 'input', label: 'Input', content: <Input task={task} /> },
          { value: 'output', label: 'Output', content: <Output task={task} /> },
          { value: 'attempts', label: 'Attempts', content: <Attempts task={task} /> },
          { value: 'verdict', label: 'Verdict', content: <Verdict task={task} /> },
          { value: 'cost', label: 'Cost', content: <Cost goal={goal} task={task} /> },
          {
            value: 'log',
            label: 'Log',
            content: (
              <div className="p-4">
                <TaskLog task_id={task.id} />
              </div>
            ),
          },
        ]}
      />
    </>
  )
}

/** What somebody who opens a task most likely wants to see. */
function firstTab({ status, output }: Task): Tab {
  if (status === 'running') return 'log'
  if (status === 'failed') return 'attempts'
  return output === undefined ? 'input' : 'output'
}

function Input({ task: { input, reads, depends_on } }: { readonly task: Task }) {
  return (
    <div className="flex flex-col gap-4 p-4">
      <h3 className="sr-only">Input</h3>
      <Content value={input} label="Input" />
      {depends_on.length > 0 && (
        <section>
          <h3 className="mb-1 font-medium">Depends on</h3>
          <ul className="flex flex-col gap-0.5">
            {depends_on.map(({ key, on_failure }) => (
              <li key={key}>
                <code className="font-mono text-[0.93rem]">{key}</code>{' '}
                <span className="text-soft">on failure: {failureWords[on_failure]}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {reads.length > 0 && (
        <section>
          <h3 className="mb-1 font-medium">Reads</h3>
          <ul className="flex flex-col gap-0.5">
            {reads.map((documentRead) => {
              const document = typeof documentRead === 'string' ? documentRead : documentRead.document
              return (
                <li key={document} className="font-mono text-[0.93rem] [overflow-wrap:anywhere]">
                  {document}
                </li>
              )
            })}
          </ul>
        </section>
      )}
    </div>
  )
}

const failureWords = {
  fail: 'fail',
  skip: 'skip',
  continue: 'continue',
  replan: 'replan',
  ask: 'ask a person',
} as const

function Output({ task: { output, status } }: { readonly task: Task }) {
  if (output === undefined) {
    return (
      <Empty title="No output yet">
        {status === 'awaiting_approval'
          ? 'The proposed result is in the approval.'
          : 'The output appears here after the result is accepted.'}
      </Empty>
    )
  }
  return (
    <div className="p-4">
      <h3 className="sr-only">Output</h3>
      <Content value={output} label="Output" />
    </div>
  )
}

function Attempts({ task }: { readonly task: Task }) {
  const runs = useApi(listTaskRuns, { params: { id: task.id }, query: { limit: 100 } })
  return <QueryBoundary of={runs}>{({ items }) => <TaskRuns runs={items} counters={task.counters} />}</QueryBoundary>
}

function Verdict({ task }: { readonly task: Task }) {
  const verdicts = useApi(listTaskVerdicts, { params: { id: task.id }, query: { limit: 20 } })
  return (
    <QueryBoundary of={verdicts}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Not reviewed yet">Every result is checked before it is committed.</Empty>
        ) : (
          <ol className="divide-y divide-line">
            {items.map((verdict) => (
              <li key={verdict.id ?? verdict.sha256} className="p-4">
                <h3 className="sr-only">Verdict</h3>
                {verdict.at !== undefined && (
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
    </QueryBoundary>
  )
}

function Cost({ goal, task }: { readonly goal: Goal; readonly task: Task }) {
  const runs = useApi(listTaskRuns, { params: { id: task.id }, query: { limit: 100 } })
  return <QueryBoundary of={runs}>{({ items }) => <TaskCost goal={goal} task={task} runs={items} />}</QueryBoundary>
}
