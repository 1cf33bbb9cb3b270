import { type GoalStatus, goalStatuses } from '@muster/contract/planner/goals/goals'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { SearchBox } from '../../../components/lists/search-box.tsx'
import { Button } from '../../../ui/button.tsx'
import { cx } from '../../../ui/cx.ts'
import { TextInput } from '../../../ui/field.tsx'
import { words } from '../../../ui/format.ts'
import { StatusIcon } from '../../../ui/status.tsx'
import { chosenStatuses } from './goal-query.ts'

/** Narrows the list of goals; everything stands in the address. */
export function GoalFilters() {
  const search = useSearch({ from: '/goals' })
  const navigate = useNavigate({ from: '/goals' })
  const change = useCallback(
    (more: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...more }), replace: true }),
    [navigate],
  )
  const find = useCallback((q: string) => change({ q: q || undefined }), [change])
  const selectedStatuses = chosenStatuses(search.status)
  const toggle = (status: GoalStatus): void => {
    const next = selectedStatuses.includes(status)
      ? selectedStatuses.filter((one) => one !== status)
      : [...selectedStatuses, status]
    change({ status: next.length === 0 ? undefined : next.join(',') })
  }
  const isFiltered = [search.q, search.status, search.from, search.to].some((value) => value !== undefined)
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2.5">
      <SearchBox label="Search goals" value={search.q ?? ''} onChange={find} className="max-w-60 max-sm:max-w-none" />
      <fieldset className="flex flex-wrap gap-1">
        <legend className="sr-only">Status</legend>
        {goalStatuses.map((status) => (
          <button
            key={status}
            type="button"
            aria-pressed={selectedStatuses.includes(status)}
            onClick={() => toggle(status)}
            className={cx(
              'inline-flex min-h-7 items-center gap-1.5 rounded-full border px-2.5 text-[0.93rem]',
              selectedStatuses.includes(status)
                ? 'border-accent bg-accent-soft font-medium text-accent-strong'
                : 'border-line text-soft hover:bg-sunken hover:text-ink',
            )}
          >
            <StatusIcon state={status} size={12} />
            {words(status)}
          </button>
        ))}
      </fieldset>
      <div className="flex flex-wrap items-center gap-2 text-soft">
        <Day label="Created from" value={search.from} onChange={(from) => change({ from })} />
        <span aria-hidden>to</span>
        <Day label="Created until" value={search.to} onChange={(to) => change({ to })} />
        {isFiltered && (
          <Button
            small
            variant="ghost"
            onClick={() => change({ q: undefined, status: undefined, from: undefined, to: undefined })}
          >
            Clear filters
          </Button>
        )}
      </div>
    </div>
  )
}

function Day(props: {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (value: string | undefined) => void
}) {
  const { label, value, onChange } = props
  return (
    <TextInput
      type="date"
      aria-label={label}
      title={label}
      value={value ?? ''}
      className="w-36!"
      onChange={(event) => onChange(event.target.value || undefined)}
    />
  )
}
