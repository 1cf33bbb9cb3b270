import { listApprovals } from '@muster/contract/approvals/operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { reasonText } from '@muster/contract/platform/reason-text'
import { Link } from '@tanstack/react-router'
import { CircleHelp } from 'lucide-react'
import { useApiWhen } from '../../../api/query.ts'
import { LinkButton } from '../../../components/link-button.tsx'
import { useSession } from '../../../providers/session.tsx'
import { plural } from '../../../ui/format.ts'
import { Ago } from '../../../ui/time.tsx'

const shown_max = 4

/** What the goal waits for a person to decide; nothing where it waits for nobody. */
export function GoalQuestions({ goal }: { readonly goal: Goal }) {
  const { permissions } = useSession()
  const query = { goal_id: goal.id, snoozed: 'include', limit: 50 } as const
  const open = useApiWhen(permissions.includes('approvals:read'), listApprovals, { query })
  const items = open.data?.items ?? []
  if (items.length === 0) return null
  return (
    <section aria-label="Approvals needed" className="rounded-lg border border-ask/40 bg-ask-soft p-3 pl-4">
      <h2 className="mb-1 flex items-center gap-2 font-semibold text-ask">
        <CircleHelp aria-hidden size={16} />
        {plural(items.length, 'approval')} needed
      </h2>
      <ul className="flex flex-col divide-y divide-ask/20">
        {items.slice(0, shown_max).map(({ id, question, rule, due_at }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-1.5">
            <div className="min-w-0 flex-1 basis-64">
              <p className="[overflow-wrap:anywhere]">{question}</p>
              <p className="text-[0.93rem] text-soft">
                {reasonText(rule)} · due <Ago at={due_at} />
              </p>
            </div>
            <LinkButton small to="/approvals" search={{ item: id }}>
              Review
            </LinkButton>
          </li>
        ))}
      </ul>
      {items.length > shown_max && (
        <Link to="/approvals" className="text-accent hover:underline">
          View {items.length - shown_max} more
        </Link>
      )}
    </section>
  )
}
