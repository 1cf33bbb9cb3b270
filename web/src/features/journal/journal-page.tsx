import { listEvents } from '@muster/contract/dashboard/operations'
import { type Event, eventTypes, feedFilterNames } from '@muster/contract/events'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useRef, useState } from 'react'
import { useEvents } from '../../api/live-context.tsx'
import { queryClient, useApi } from '../../api/query.ts'
import { More, useMore } from '../../components/lists/pages.tsx'
import { useShortcuts } from '../../providers/keys.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox, Select, TextInput } from '../../ui/field.tsx'
import { count, words } from '../../ui/format.ts'
import { SidePanel } from '../../ui/overlays/dialog.tsx'
import { Menu } from '../../ui/overlays/menu.tsx'
import { toastError } from '../../ui/overlays/toast.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, Failed, Loading } from '../../ui/states.tsx'
import { EventLine, EventView } from './event-view.tsx'
import { type ExportFormat, exportEvents } from './export.ts'
import { SealedFact } from './sealed-fact.tsx'

/** All that happened, in order, as it was sealed. */
export function JournalPage() {
  const search = useSearch({ from: '/journal' })
  const navigate = useNavigate({ from: '/journal' })
  const change = (more: Partial<typeof search>): void =>
    void navigate({ to: '/journal', search: (before) => ({ ...before, ...more }), replace: true })
  const query = queryOf(search)
  const events = useMore<Event>(listEvents, { query: { ...query, order: 'newest' } })
  const newest = useApi(listEvents, { query: { order: 'newest', limit: 1 } })
  const follows = search.follow !== 'no'
  useFollowing(follows)
  const [exporting, setExporting] = useState(false)
  const save = async (format: ExportFormat): Promise<void> => {
    setExporting(true)
    await exportEvents(query, format).catch((error: unknown) => toastError(error, 'Export failed'))
    setExporting(false)
  }
  useShortcuts([
    {
      keys: 'f',
      does: follows ? 'Pause' : 'Follow',
      group: 'Journal',
      run: () => change({ follow: follows ? 'no' : undefined }),
    },
  ])
  const selectedEvent = events.items.find(({ number }) => number === search.event)
  return (
    <>
      <PageHead
        title="Journal"
        facts={newest.data && <SealedFact sealed_to={newest.data.sealed_to} unsealed={newest.data.unsealed} />}
        actions={
          <>
            <Checkbox
              label="Follow"
              checked={follows}
              onChange={({ target }) => change({ follow: target.checked ? undefined : 'no' })}
            />
            <Menu
              label="Export"
              trigger={
                <Button icon={<Download aria-hidden size={15} />} busy={exporting}>
                  Export
                </Button>
              }
              items={[
                { label: 'JSON (one event per line)', onSelect: () => void save('jsonl') },
                { label: 'CSV', onSelect: () => void save('csv') },
              ]}
            />
          </>
        }
      />
      <Panel flush label="Events">
        <Filters search={search} change={change} />
        {events.isPending ? (
          <Loading lines={8} />
        ) : events.error !== null && events.items.length === 0 ? (
          <Failed error={events.error} onRetry={() => void events.refetch()} />
        ) : events.items.length === 0 ? (
          <Empty title="No matching events">Change or clear the filters.</Empty>
        ) : (
          <ol className="divide-y divide-line" aria-label="Events, newest first">
            {events.items.map((event) => (
              <EventLine key={event.number} event={event} onOpen={() => change({ event: event.number })} />
            ))}
          </ol>
        )}
        <More of={events} />
      </Panel>
      <SidePanel
        open={selectedEvent !== undefined}
        onClose={() => change({ event: undefined })}
        title={selectedEvent === undefined ? '' : `Event ${count(selectedEvent.number)}`}
      >
        {selectedEvent !== undefined && <EventView event={selectedEvent} />}
      </SidePanel>
    </>
  )
}

type Search = Parameters<typeof queryOf>[0]

/** What stands in the address, as the operation takes it. */
function queryOf({ family, type, actor, goal, task, from, to, project }: { readonly [name: string]: unknown }) {
  const entries = {
    family,
    type,
    actor,
    goal_id: goal,
    task_id: task,
    project_id: project,
    from: instant(from),
    to: instant(to),
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== ''))
}

function instant(local: unknown): string | undefined {
  const time = typeof local === 'string' ? Date.parse(local) : Number.NaN
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

function Filters({
  search,
  change,
}: {
  readonly search: Search
  readonly change: (more: Record<string, string | undefined>) => void
}) {
  const text = (name: string): string => (typeof search[name] === 'string' ? (search[name] as string) : '')
  const types = eventTypes.filter((type) => text('family') === '' || type.startsWith(prefixes[text('family')] ?? ''))
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <Select
        aria-label="Family"
        className="max-w-36"
        value={text('family')}
        options={[['', 'All families'], ...feedFilterNames.map((family): [string, string] => [family, words(family)])]}
        onChange={({ target }) => change({ family: target.value || undefined, type: undefined })}
      />
      <Select
        aria-label="Type"
        className="max-w-48"
        value={text('type')}
        options={[['', 'All types'], ...types.map((type): [string, string] => [type, type])]}
        onChange={({ target }) => change({ type: target.value || undefined })}
      />
      <TextInput
        aria-label="Actor: ID or type"
        placeholder="Actor: ID or type"
        className="max-w-44"
        defaultValue={text('actor')}
        onChange={({ target }) => change({ actor: target.value || undefined })}
      />
      {timeFilters.map(([name, word, label]) => (
        <span key={name} className="flex items-center gap-1.5 text-soft">
          {word}
          <TextInput
            aria-label={label}
            type="datetime-local"
            className="max-w-52"
            value={text(name)}
            onChange={({ target }) => change({ [name]: target.value || undefined })}
          />
        </span>
      ))}
      {(text('goal') !== '' || text('task') !== '') && (
        <Button small onClick={() => change({ goal: undefined, task: undefined })}>
          Clear {text('task') === '' ? 'goal' : 'task'} filter
        </Button>
      )}
    </div>
  )
}

const timeFilters = [
  ['from', 'From', 'From'],
  ['to', 'to', 'To'],
] as const

const prefixes: Readonly<Record<string, string>> = {
  agent: 'agent.',
  task: 'task.',
  hitl: 'approval.',
  artifact: 'artifact.',
}
const pause_ms = 500

/** Asks for the newest events again after each that comes, at most twice a second. */
function useFollowing(follows: boolean): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEvents(() => {
    if (!follows || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      void queryClient.invalidateQueries({ queryKey: [listEvents.id] })
    }, pause_ms)
  })
}
