import { limits } from '@muster/contract/limits'
import type { Decomposed } from '@muster/contract/planner/plans/decomposition'
import type { Plan } from '@muster/contract/planner/plans/plans'
import { type PlanTask, priorities } from '@muster/contract/planner/tasks/task-definitions'
import { CircleHelp, Repeat2, Split } from 'lucide-react'
import { cx } from '../../../../ui/cx.ts'
import { Select, TextInput } from '../../../../ui/field.tsx'
import { words } from '../../../../ui/format.ts'
import { awaitedKeys, changeTask } from './plan-editing.ts'

/** More tasks than this are edited as JSON: nobody goes through a thousand rows by hand. */
const shown_max = 150

const approvals = [
  ['none', 'By policy'],
  ['before', 'Before running'],
  ['after', 'After running'],
  ['always', 'Always'],
] as const satisfies readonly (readonly [PlanTask['approval'], string])[]

/** The tasks of a plan before it starts: what each does and waits for, where a person is asked, and what is quick to change. */
export function PlanTable(props: {
  readonly plan: Plan
  readonly questions: Decomposed['questions']
  readonly onChange: (plan: Plan) => void
}) {
  const { plan, questions, onChange } = props
  const reasonByKey = new Map(questions.map(({ key, reason }) => [key, reason]))
  return (
    <>
      <ol className="divide-y divide-line">
        {plan.tasks.slice(0, shown_max).map((task) => (
          <li key={task.key} className="flex flex-col gap-2 px-4 py-3">
            <About task={task} reason={reasonByKey.get(task.key)} />
            <QuickEdits task={task} onChange={(more) => onChange(changeTask(plan, task.key, more))} />
          </li>
        ))}
      </ol>
      {plan.tasks.length > shown_max && (
        <p className="border-t border-line px-4 py-2 text-soft">
          {shown_max} of {plan.tasks.length} tasks shown. The JSON has all of them.
        </p>
      )}
    </>
  )
}

function About({ task, reason }: { readonly task: PlanTask; readonly reason: string | undefined }) {
  const awaited = awaitedKeys(task)
  return (
    <div>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <code className="font-mono text-[0.93rem] text-soft">{task.key}</code>
        <span className="text-soft">· {task.capability}</span>
        {task.for_each !== undefined && (
          <span className="text-soft [overflow-wrap:anywhere]">
            <Split aria-hidden size={13} className="inline" /> For each of{' '}
            <code className="font-mono text-[0.93rem]">{task.for_each.$from}</code>
          </span>
        )}
        {task.repeat !== undefined && (
          <span className="inline-flex items-center gap-1 text-soft">
            <Repeat2 aria-hidden size={13} /> Up to {task.repeat.max} times
          </span>
        )}
      </p>
      <p className="text-[0.93rem] text-soft [overflow-wrap:anywhere]">
        {awaited.length === 0 ? 'Starts immediately' : `After ${awaited.join(', ')}`}
      </p>
      {reason !== undefined && (
        <p className="mt-0.5 flex items-center gap-1.5 text-[0.93rem] text-ask">
          <CircleHelp aria-hidden size={13} />
          Approval required: {words(reason).toLowerCase()}
        </p>
      )}
    </div>
  )
}

function QuickEdits({
  task,
  onChange,
}: {
  readonly task: PlanTask
  readonly onChange: (more: { readonly [Name in keyof PlanTask]?: unknown }) => void
}) {
  const { key, title, approval, priority, attempts_max } = task
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-2 sm:grid-cols-[minmax(8rem,1fr)_9.5rem_9rem_5.5rem]">
      <Labelled text="Title" wide>
        <TextInput
          value={title ?? ''}
          placeholder={key}
          maxLength={limits.name_characters_max}
          onChange={({ target }) => onChange({ title: target.value === '' ? undefined : target.value })}
        />
      </Labelled>
      <Labelled text="Approval">
        <Select value={approval} options={approvals} onChange={({ target }) => onChange({ approval: target.value })} />
      </Labelled>
      <Labelled text="Priority">
        <Select
          value={priority ?? ''}
          options={[['', 'Same as goal'], ...priorities.map((one) => [one, words(one)] as const)]}
          onChange={({ target }) => onChange({ priority: target.value || undefined })}
        />
      </Labelled>
      <Labelled text="Attempts">
        <TextInput
          type="number"
          min={1}
          max={limits.attempts_max}
          value={attempts_max}
          onChange={({ target }) => {
            const attempts = Math.trunc(target.valueAsNumber)
            if (attempts >= 1 && attempts <= limits.attempts_max) onChange({ attempts_max: attempts })
          }}
        />
      </Labelled>
    </div>
  )
}

function Labelled(props: { readonly text: string; readonly wide?: boolean; readonly children: React.ReactNode }) {
  const { text, wide, children } = props
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is its child
    <label className={cx('flex flex-col gap-0.5', wide === true && 'max-sm:col-span-2')}>
      <span className="text-[0.86rem] text-soft">{text}</span>
      {children}
    </label>
  )
}
