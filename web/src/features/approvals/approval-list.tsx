import type { ApprovalItem } from '@muster/contract/approvals/approvals'
import { reasonText } from '@muster/contract/platform/reason-text'
import { Link } from '@tanstack/react-router'
import { Eye } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useActorName } from '../../components/agents/actor-names.ts'
import { useSession } from '../../providers/session.tsx'
import { cx } from '../../ui/cx.ts'
import { Checkbox } from '../../ui/field.tsx'
import { words } from '../../ui/format.ts'
import { Status, Tag } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

export interface ApprovalListProps {
  readonly items: readonly ApprovalItem[]
  readonly current: string | undefined
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (id: string) => void
}

/** The questions, each in two lines: what it is about, then why it is asked and by when. */
export function ApprovalList({ items, current, chosen, onToggle }: ApprovalListProps) {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (current !== undefined)
      list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [current])
  return (
    <ol
      ref={list}
      aria-label="Approvals"
      className="divide-y divide-line overflow-y-auto rounded-lg border border-line bg-surface lg:max-h-[calc(100dvh-9rem)]"
    >
      {items.map((item) => (
        <Line
          key={item.id}
          item={item}
          isCurrent={item.id === current}
          isChosen={chosen.has(item.id)}
          onToggle={onToggle}
        />
      ))}
    </ol>
  )
}

function Line(props: {
  readonly item: ApprovalItem
  readonly isCurrent: boolean
  readonly isChosen: boolean
  readonly onToggle: (id: string) => void
}) {
  const { item, isCurrent, isChosen, onToggle } = props
  const { id, task_title, goal_title, question, rule, risk, due_at, status, claimed_by } = item
  const { actor } = useSession()
  const actorName = useActorName()
  const looker = claimed_by !== undefined && claimed_by.id !== actor.id ? actorName(claimed_by) : undefined
  return (
    <li className={cx('flex items-start gap-1 pl-2', isCurrent && 'bg-accent-soft')}>
      <span className="pt-2.5">
        <Checkbox
          hidden_label
          label={`Select ${task_title ?? question}`}
          checked={isChosen}
          onChange={() => onToggle(id)}
        />
      </span>
      <Link
        from="/approvals"
        to="/approvals"
        search={(before) => ({ ...before, item: id })}
        aria-current={isCurrent ? 'true' : undefined}
        className="flex min-w-0 flex-1 flex-col gap-1 py-2.5 pl-1 pr-3 outline-offset-[-2px]"
      >
        <span className="flex items-baseline justify-between gap-2">
          <span className="truncate font-medium">{task_title ?? question}</span>
          {status === 'open' ? <Due at={due_at} /> : <Status state={status} />}
        </span>
        <span className="flex flex-wrap items-center gap-1.5 text-[0.93rem]">
          <Status state={risk} label={words(`${risk} risk`)} />
          <Tag>{reasonText(rule).replace(/^Sensitive topic: /, '')}</Tag>
          {looker !== undefined && (
            <span className="inline-flex items-center gap-1 text-soft">
              <Eye aria-hidden size={12} /> {looker}
            </span>
          )}
        </span>
        {goal_title !== undefined && <span className="truncate text-[0.93rem] text-soft">{goal_title}</span>}
      </Link>
    </li>
  )
}

function Due({ at }: { readonly at: string }) {
  const isPast = Date.parse(at) < Date.now()
  return (
    <span className={cx('shrink-0 whitespace-nowrap text-[0.93rem]', isPast ? 'font-medium text-bad' : 'text-soft')}>
      {isPast ? 'Overdue since' : 'Due'} <Ago at={at} />
    </span>
  )
}
