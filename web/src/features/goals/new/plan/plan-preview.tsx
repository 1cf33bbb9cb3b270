import type { Decomposed } from '@muster/contract/planner/plans/decomposition'
import type { Plan } from '@muster/contract/planner/plans/plans'
import { BrainCircuit, Route } from 'lucide-react'
import { useState } from 'react'
import { JsonField, typedJson } from '../../../../components/json-field.tsx'
import { Button } from '../../../../ui/button.tsx'
import { Choice } from '../../../../ui/field.tsx'
import { count, duration, money } from '../../../../ui/format.ts'
import { Panel } from '../../../../ui/panel.tsx'
import { Empty } from '../../../../ui/states.tsx'
import { Tag } from '../../../../ui/status.tsx'
import { Took } from '../../../../ui/time.tsx'
import { checkPlan } from './plan-editing.ts'
import { PlanProblems } from './plan-problems.tsx'
import { PlanTable } from './plan-table.tsx'

/** The plan as it would start, with what it may cost; it can be changed here, by field or as JSON. */
export function PlanPreview(props: {
  readonly preview: Decomposed | undefined
  /** A model is planning since then; absent: none is. */
  readonly thinking: { readonly since: string; readonly cancel: () => void } | undefined
  /** Whether something was changed since it was made. */
  readonly is_old: boolean
  /** The changed plan as JSON; absent: as it was planned. */
  readonly edited: string | undefined
  readonly onEdit: (text: string | undefined) => void
}) {
  const { preview, thinking, is_old, edited, onEdit } = props
  const [view, setView] = useState<'tasks' | 'json'>('tasks')
  if (thinking !== undefined) return <Thinking {...thinking} />
  if (preview === undefined) {
    return (
      <Panel title="Plan">
        <Empty title="No preview yet" icon={<Route aria-hidden size={28} strokeWidth={1.5} />}>
          Preview the tasks, their order, required approvals and estimated cost. Nothing is saved.
        </Empty>
      </Panel>
    )
  }
  const text = edited ?? planText(preview)
  const typed = typedJson(text)
  const planCheck = checkPlan(typed.value)
  const isBroken = typed.problem !== undefined || planCheck.problems.length > 0
  return (
    <Panel
      flush
      title={
        <span className="flex flex-wrap items-center gap-2">
          Plan
          {edited !== undefined && <Tag tone="busy">Edited</Tag>}
          {is_old && <Tag tone="warn">Outdated. Preview again</Tag>}
        </span>
      }
      actions={
        <>
          {edited !== undefined && (
            <Button small onClick={() => onEdit(undefined)}>
              Discard edits
            </Button>
          )}
          <Choice
            label="View"
            value={isBroken ? 'json' : view}
            onChange={setView}
            options={[
              ['tasks', 'Tasks'],
              ['json', 'JSON'],
            ]}
          />
        </>
      }
    >
      <Estimates preview={preview} />
      {view === 'tasks' && planCheck.plan !== undefined ? (
        <PlanTable
          plan={planCheck.plan}
          questions={preview.questions}
          onChange={(plan: Plan) => onEdit(JSON.stringify(plan, null, 2))}
        />
      ) : (
        <div className="flex flex-col gap-3 p-4">
          <JsonField
            label="Plan (JSON)"
            hint="The edited plan is used when you start the goal."
            value={typed}
            rows={24}
            onChange={(next) => onEdit(next.text)}
          />
          {typed.problem === undefined && <PlanProblems problems={planCheck.problems} />}
        </div>
      )}
    </Panel>
  )
}

/** A model takes its time; meanwhile it can be broken off. */
function Thinking({ since, cancel }: { readonly since: string; readonly cancel: () => void }) {
  return (
    <Panel title="Plan">
      <Empty
        title="Planning…"
        icon={<BrainCircuit aria-hidden size={28} strokeWidth={1.5} className="motion-safe:animate-pulse" />}
        action={<Button onClick={cancel}>Cancel</Button>}
      >
        <p role="status">The model gets the instructions, the file names and the available capabilities.</p>
        <p>
          Elapsed: <Took from={since} />
        </p>
      </Empty>
    </Panel>
  )
}

function planText(preview: Decomposed): string {
  return JSON.stringify({ tasks: preview.task_dag.tasks }, null, 2)
}

function Estimates({ preview: { estimates, questions } }: { readonly preview: Decomposed }) {
  const { tasks, depth, cost_micro_usd, tokens, duration_ms } = estimates
  const figures = [
    ['Tasks', count(tasks)],
    ['Longest path', count(depth)],
    ['Approvals', questions.length === 0 ? 'None' : count(questions.length)],
    ['Max cost', cost_micro_usd === 0 ? 'No limit' : money(cost_micro_usd)],
    ['Tokens', tokens === 0 ? 'No limit' : count(tokens)],
    ['Estimated time', duration_ms === undefined ? 'Not enough data' : duration(duration_ms)],
  ] as const
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 border-b border-line px-4 py-3 sm:grid-cols-3">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-[0.93rem] text-faint">{name}</dt>
          <dd className="font-medium tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
