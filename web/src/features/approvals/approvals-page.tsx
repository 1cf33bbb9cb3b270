import type { ApprovalItem } from '@muster/contract/approvals/approvals'
import { listApprovals } from '@muster/contract/approvals/operations'
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { CheckCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useApi } from '../../api/query.ts'
import { useShortcuts } from '../../providers/keys.tsx'
import { Choice, Select } from '../../ui/field.tsx'
import { plural } from '../../ui/format.ts'
import { PageHead } from '../../ui/panel.tsx'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { ApprovalDetail } from './approval-detail.tsx'
import { ApprovalList } from './approval-list.tsx'
import { Batch } from './batch.tsx'

const filters = [
  ['all', 'All'],
  ['sensitive', 'Sensitive'],
  ['low_confidence', 'Low confidence'],
  ['financial', 'Financial'],
] as const

const statusFilters = [
  ['open', 'Open'],
  ['snoozed', 'Snoozed'],
  ['decided', 'Decided (can undo)'],
  ['applied', 'Applied'],
  ['expired', 'Expired'],
  ['withdrawn', 'Withdrawn'],
] as const

/** What waits for a decision, and the one that is being decided: the list on one side, the thing itself on the other. */
export function ApprovalsPage() {
  const search = useSearch({ from: '/approvals' })
  const navigate = useNavigate({ from: '/approvals' })
  const { project, item, filter = 'all', sort = 'due', status = 'open', snoozed = 'exclude' } = search
  const change = (more: Partial<typeof search>, replace = true): void =>
    void navigate({ to: '/approvals', search: (before) => ({ ...before, ...more }), replace })
  const approvals = useApi(listApprovals, {
    query: {
      limit: 200,
      page: 1,
      page_size: 200,
      filter,
      sort,
      status,
      snoozed,
      ...(project && { project_id: project }),
    },
  })
  const items = approvals.data?.items ?? []
  const total = approvals.data?.total ?? items.length
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string): void =>
    setSelectedIds((before) => (before.has(id) ? without(before, id) : new Set([...before, id])))
  // While another list is on its way the old one still stands; nothing of it is opened by itself.
  const next = useNext(items, approvals.isPlaceholderData ? 'none' : item, (id) => change({ item: id }))
  const view = snoozed === 'only' ? 'snoozed' : status
  useShortcuts([
    { keys: 'j', does: 'Next', group: 'Approvals', run: () => next.move(1) },
    { keys: 'k', does: 'Previous', group: 'Approvals', run: () => next.move(-1) },
    {
      keys: 'x',
      does: 'Select for bulk approval',
      group: 'Approvals',
      run: () => item !== undefined && toggle(item),
    },
  ])
  return (
    <>
      <div className={item === undefined ? '' : 'max-lg:hidden'}>
        <PageHead
          title="Approvals"
          facts={
            view === 'open' ? (
              <span>{total === 0 ? 'No open approvals' : plural(total, 'open approval')}</span>
            ) : (
              plural(total, 'approval')
            )
          }
          actions={
            <>
              <Choice
                label="Filter"
                value={filter}
                options={filters}
                onChange={(value) => change({ filter: value === 'all' ? undefined : value, item: undefined })}
              />
              <Select
                aria-label="Status"
                value={view}
                options={statusFilters}
                className="max-w-36"
                onChange={({ target }) =>
                  change(
                    target.value === 'snoozed'
                      ? { status: undefined, snoozed: 'only', item: undefined }
                      : {
                          status: target.value === 'open' ? undefined : (target.value as typeof status),
                          snoozed: undefined,
                          item: undefined,
                        },
                  )
                }
              />
              <Select
                aria-label="Sort"
                value={sort}
                options={[
                  ['due', 'Due date'],
                  ['risk', 'Highest risk'],
                  ['age', 'Oldest'],
                ]}
                className="max-w-36"
                onChange={({ target }) => change({ sort: target.value as typeof sort })}
              />
            </>
          }
        />
      </div>
      <QueryBoundary of={approvals}>
        {() =>
          items.length === 0 && item === undefined ? (
            <div className="rounded-lg border border-line bg-surface">
              <Empty
                title={filter === 'all' && view === 'open' ? 'No approvals' : 'No matching approvals'}
                icon={<CheckCheck aria-hidden size={28} strokeWidth={1.5} className="text-good" />}
              >
                {filter === 'all' && view === 'open'
                  ? 'Results and questions that need your decision appear here.'
                  : 'Change or clear the filters.'}
              </Empty>
            </div>
          ) : (
            <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(18rem,24rem)_minmax(0,1fr)]">
              <div className={item === undefined ? '' : 'max-lg:hidden'}>
                {selectedIds.size > 0 && (
                  <Batch
                    items={items.filter(({ id }) => selectedIds.has(id))}
                    onDone={() => setSelectedIds(new Set())}
                  />
                )}
                <ApprovalList items={items} current={item} chosen={selectedIds} onToggle={toggle} />
                {total > items.length && (
                  <p className="mt-2 text-center text-soft">{total - items.length} more. Answer some of these first.</p>
                )}
              </div>
              {item === undefined ? (
                <div className="rounded-lg border border-dashed border-line max-lg:hidden">
                  <Empty title="No approval selected">Press J and K to move through the list.</Empty>
                </div>
              ) : (
                <ApprovalDetail
                  key={item}
                  id={item}
                  onDecided={next.after}
                  onBack={() => change({ item: undefined })}
                  position={next.position}
                />
              )}
            </div>
          )
        }
      </QueryBoundary>
    </>
  )
}

/** Moves through the list, and on after an answer: to the one behind, else the one before. */
function useNext(items: readonly ApprovalItem[], current: string | undefined, go: (id: string | undefined) => void) {
  const router = useRouter()
  const at = items.findIndex(({ id }) => id === current)
  const [first] = items
  useEffect(() => {
    // Who is on the way to another page is not called back.
    if (current !== undefined || first === undefined || router.latestLocation.pathname !== '/approvals') return
    // On a wide screen something is always open, so that the first key already decides about something that is seen.
    if (matchMedia('(min-width: 64rem)').matches) go(first.id)
  })
  return {
    position: at < 0 ? undefined : `${at + 1} of ${items.length}`,
    move: (step: number): void => {
      const next = items[Math.max(0, Math.min(items.length - 1, at + step))]
      if (next !== undefined) go(next.id)
    },
    after: (): void => go((items[at + 1] ?? items[at - 1])?.id),
  }
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((one) => one !== id))
}
