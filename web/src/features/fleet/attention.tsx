import type { Attention as Item } from '@muster/contract/attention'
import { Link } from '@tanstack/react-router'
import { CheckCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { Panel } from '../../ui/panel.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { Remedy } from './remedy.tsx'

/** What needs somebody, the gravest first, each with the way to mend it. */
export function Attention({ items }: { readonly items: readonly Item[] }) {
  return (
    <Panel title={items.length === 0 ? 'Needs attention' : `Needs attention (${items.length})`} flush>
      {items.length === 0 ? (
        <p className="flex flex-wrap items-center gap-x-2 px-4 py-3">
          <CheckCheck aria-hidden size={18} strokeWidth={1.75} className="text-good" />
          <span className="font-medium">No problems</span>
          <span className="text-soft">Failed, overdue or blocked work appears here.</span>
        </p>
      ) : (
        <ol className="divide-y divide-line">
          {items.map((item) => (
            <Line key={`${item.kind} ${item.subject_id}`} item={item} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Line({ item }: { readonly item: Item }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <span className="w-22 shrink-0">
        <Status state={item.severity} />
      </span>
      <p className="min-w-56 flex-1">
        <Subject item={item}>{item.title}</Subject>
        <span className="block text-[0.93rem] text-soft [overflow-wrap:anywhere]">
          <Remedy text={item.remedy} />
        </span>
      </p>
      <Ago at={item.since} className="text-soft" />
    </li>
  )
}

const link_class = 'inline-block py-0.5 font-medium underline-offset-2 [overflow-wrap:anywhere] hover:underline'

/** Leads to the thing itself, where it has a place of its own. */
function Subject({ item, children }: { readonly item: Item; readonly children: ReactNode }) {
  const { subject_kind, subject_id, goal_id } = item
  if (subject_kind === 'approval')
    return (
      <Link to="/approvals" search={{ item: subject_id }} className={link_class}>
        {children}
      </Link>
    )
  if (subject_kind === 'goal' || (subject_kind === 'task' && goal_id !== undefined))
    return (
      <Link
        to="/goals/$goal_id"
        params={{ goal_id: goal_id ?? subject_id }}
        search={subject_kind === 'task' ? { task: subject_id } : {}}
        className={link_class}
      >
        {children}
      </Link>
    )
  if (subject_kind === 'agent')
    return (
      <Link to="/agents/$agent_id" params={{ agent_id: subject_id }} className={link_class}>
        {children}
      </Link>
    )
  if (subject_kind === 'budget')
    return (
      <Link to="/costs" search={{ tab: 'budgets' }} className={link_class}>
        {children}
      </Link>
    )
  return <span className="font-medium [overflow-wrap:anywhere]">{children}</span>
}
