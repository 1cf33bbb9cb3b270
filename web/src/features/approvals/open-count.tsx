import { listApprovals } from '@muster/contract/approvals/operations'
import { useSearch } from '@tanstack/react-router'
import { useApi } from '../../api/query.ts'

/** How many approvals need an answer now: open, and not snoozed. */
export function OpenCount() {
  const { project } = useSearch({ from: '__root__' })
  const open = useApi(listApprovals, {
    query: { limit: 1, page: 1, page_size: 1, ...(project === undefined ? {} : { project_id: project }) },
  })
  const total = open.data?.total ?? 0
  if (total === 0) return null
  return (
    <span className="min-w-5 rounded-full bg-ask-soft px-1.5 text-center text-[0.86rem] font-semibold text-ask tabular-nums">
      {total}
      <span className="sr-only"> open</span>
    </span>
  )
}
