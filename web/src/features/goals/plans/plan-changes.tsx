import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { Minus, PenLine, Plus } from 'lucide-react'
import { plural } from '../../../ui/format.ts'
import { Empty } from '../../../ui/states.tsx'
import { FieldDiff } from '../../../ui/text/diff.tsx'
import { JsonView } from '../../../ui/text/json-view.tsx'
import type { PlanComparison } from './compare-plans.ts'

/** Tasks that came, went or changed between two revisions; of a single one all of them. */
export function PlanChanges({ comparison, alone }: { readonly comparison: PlanComparison; readonly alone?: boolean }) {
  const { added, removed, changed, same } = comparison
  if (alone !== true && added.length + removed.length + changed.length === 0)
    return <Empty title="No changes">{plural(same, 'task')} unchanged.</Empty>
  return (
    <div className="flex flex-col">
      {alone !== true && (
        <p className="border-b border-line px-4 py-2 text-soft">
          {added.length} added, {removed.length} removed, {changed.length} changed, {same} unchanged
        </p>
      )}
      <ul className="divide-y divide-line">
        {changed.map(({ task, changes }) => (
          <li key={task.key} className="flex flex-col gap-2 px-4 py-3">
            <Name task={task} what={<PenLine aria-hidden size={14} className="text-busy" />} word="changed" />
            <FieldDiff changes={changes} />
          </li>
        ))}
        {removed.map((task) => (
          <li key={task.key} className="px-4 py-3">
            <Whole task={task} what={<Minus aria-hidden size={14} className="text-bad" />} word="removed" />
          </li>
        ))}
        {added.map((task) => (
          <li key={task.key} className="px-4 py-3">
            <Whole
              task={task}
              what={alone === true ? null : <Plus aria-hidden size={14} className="text-good" />}
              word={alone === true ? '' : 'added'}
            />
          </li>
        ))}
      </ul>
    </div>
  )
}

interface NameProps {
  readonly task: PlanTask
  readonly what: React.ReactNode
  readonly word: string
}

function Name({ task: { key, title, capability }, what, word }: NameProps) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      {what}
      {word !== '' && <span className="text-soft">{word}</span>}
      <span className="font-medium">{title ?? key}</span>
      <code className="font-mono text-[0.93rem] text-soft">{key}</code>
      <span className="text-soft">· {capability}</span>
    </span>
  )
}

function Whole(props: NameProps) {
  return (
    <details>
      <summary className="min-h-[24px] cursor-pointer">
        <Name {...props} />
      </summary>
      <div className="mt-2">
        <JsonView value={props.task} label={`Task ${props.task.key}`} />
      </div>
    </details>
  )
}
