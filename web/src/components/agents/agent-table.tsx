import type { AgentItem } from '@muster/contract/agents/agents'
import { listAgents, pauseAgent, resumeAgent } from '@muster/contract/agents/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Pause, Play } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient } from '../../api/query.ts'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox, Select, TextInput } from '../../ui/field.tsx'
import { plural } from '../../ui/format.ts'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Empty, Failed, Loading } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago, Took } from '../../ui/time.tsx'
import { SelectionBar } from '../lists/selection-bar.tsx'
import { useWindowed } from '../lists/windows.ts'

const statuses = [
  ['', 'Any status'],
  ['active', 'Active'],
  ['paused', 'Paused'],
  ['retired', 'Retired'],
] as const

/** Every agent with what it does just now, however many there are; several can be paused or resumed at once. */
export function AgentTable({ from, max_height }: { readonly from: '/' | '/agents'; readonly max_height: string }) {
  const search = useSearch({ from })
  const navigate = useNavigate()
  const [selectedAgents, setSelectedAgents] = useState<ReadonlyMap<string, AgentItem>>(new Map())
  const { q, status, sort = 'name', order = 'asc' } = search
  const rows = useWindowed<AgentItem>(listAgents, { ...(q && { q }), ...(status && { status }), sort, order })
  const change = (more: Partial<typeof search>): void =>
    void navigate({ to: from, search: (before) => ({ ...before, ...more }), replace: true })
  const choose = (agent: AgentItem, on: boolean): void => {
    const next = new Map(selectedAgents)
    if (on) next.set(agent.id, agent)
    else next.delete(agent.id)
    setSelectedAgents(next)
  }
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <TextInput
          type="search"
          aria-label="Search agents"
          placeholder="Search agents"
          defaultValue={q ?? ''}
          onChange={({ target }) => change({ q: target.value || undefined })}
          className="max-w-56"
        />
        <Select
          aria-label="Status"
          value={status ?? ''}
          options={statuses}
          onChange={({ target }) => change({ status: target.value || undefined })}
          className="max-w-40"
        />
        <span className="ml-auto text-soft" role="status">
          {plural(rows.total, 'agent')}
        </span>
      </div>
      {selectedAgents.size > 0 && (
        <Bulk chosen={[...selectedAgents.values()]} onDone={() => setSelectedAgents(new Map())} />
      )}
      {rows.error !== null && rows.total === 0 ? (
        <Failed error={rows.error} onRetry={rows.refetch} />
      ) : rows.is_loading ? (
        <Loading />
      ) : rows.total === 0 ? (
        <Empty title={q || status ? 'No matching agents' : 'No agents yet'}>
          {q || status ? 'Change or clear the filters.' : 'Every organization has a built-in agent. Add your own here.'}
        </Empty>
      ) : (
        <Table
          label="Agents"
          columns={columnsWith({ chosen: selectedAgents, choose })}
          total={rows.total}
          rowAt={rows.rowAt}
          keyOf={({ id }) => id}
          onView={rows.onView}
          onOpen={({ id }) => void navigate({ to: '/agents/$agent_id', params: { agent_id: id } })}
          sorting={{ by: sort, order }}
          onSort={(sorting) => change({ sort: sorting.by, order: sorting.order })}
          max_height={max_height}
        />
      )}
    </>
  )
}

interface Choosing {
  readonly chosen: ReadonlyMap<string, AgentItem>
  readonly choose: (agent: AgentItem, on: boolean) => void
}

function columnsWith({ chosen, choose }: Choosing): readonly Column<AgentItem>[] {
  return [
    {
      key: 'choose',
      title: <span className="sr-only">Select</span>,
      width: '1.75rem',
      cell: (agent) => (
        // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: only keeps a press of the box from opening the row
        <span onClick={(event) => event.stopPropagation()}>
          <Checkbox
            hidden_label
            label={`Select ${agent.name}`}
            checked={chosen.has(agent.id)}
            onChange={({ target }) => choose(agent, target.checked)}
          />
        </span>
      ),
    },
    {
      key: 'name',
      title: 'Name',
      width: 'minmax(8rem,1.2fr)',
      sort: 'name',
      cell: ({ name }) => (
        <span className="font-medium" title={name}>
          {name}
        </span>
      ),
    },
    {
      key: 'status',
      title: 'Status',
      width: 'minmax(6.5rem,auto)',
      sort: 'status',
      cell: (agent) => <Status state={stateOf(agent)} />,
    },
    { key: 'doing', title: 'Current task', width: 'minmax(10rem,2.4fr)', wide_only: true, cell: Doing },
    {
      key: 'runs',
      title: 'Active runs',
      width: '6rem',
      sort: 'live_runs',
      align: 'right',
      wide_only: true,
      cell: ({ live_runs, live_runs_max }) =>
        live_runs_max === undefined ? live_runs : `${live_runs} of ${live_runs_max}`,
    },
    {
      key: 'seen',
      title: 'Last seen',
      width: '7rem',
      sort: 'last_seen',
      align: 'right',
      wide_only: true,
      cell: ({ presence }) =>
        presence.last_seen_at === undefined ? (
          <span className="text-faint">Never</span>
        ) : (
          <Ago at={presence.last_seen_at} />
        ),
    },
  ]
}

function Doing({ doing, live_runs }: AgentItem) {
  const [first] = doing
  if (first === undefined) return <span className="text-faint">—</span>
  return (
    <span title={doing.map(({ title }) => title).join('\n')}>
      {first.title}{' '}
      <span className="text-soft">
        for <Took from={first.started_at} />
        {live_runs > 1 && ` and ${live_runs - 1} more`}
      </span>
    </span>
  )
}

/** One word for how an agent is: what stops it comes before what it does. */
export function stateOf({
  status,
  stopped,
  live_runs,
  presence,
}: Pick<AgentItem, 'status' | 'stopped' | 'live_runs' | 'presence'>): string {
  if (stopped) return 'stopped'
  if (status !== 'active') return status
  return live_runs > 0 ? 'working' : presence.online ? 'idle' : 'offline'
}

function Bulk({ chosen, onDone }: { readonly chosen: readonly AgentItem[]; readonly onDone: () => void }) {
  const permission = usePermission()
  const [busy, setBusy] = useState(false)
  const all = async (
    operation: typeof pauseAgent | typeof resumeAgent,
    done_word: 'paused' | 'resumed',
  ): Promise<void> => {
    setBusy(true)
    const results = await Promise.allSettled(chosen.map(({ id }) => act(operation, { params: { id } })))
    setBusy(false)
    const failures = results.filter((result) => result.status === 'rejected')
    const doneCount = chosen.length - failures.length
    if (doneCount > 0) toast(`${plural(doneCount, 'agent')} ${done_word}`)
    if (failures[0] !== undefined)
      toastError(
        failures[0].reason,
        `Could not ${done_word === 'paused' ? 'pause' : 'resume'} ${plural(failures.length, 'agent')}`,
      )
    await queryClient.invalidateQueries({ queryKey: [listAgents.id] })
    onDone()
  }
  const disabledReason = permission('agents:write').reason
  return (
    <SelectionBar selected={plural(chosen.length, 'agent')} onClear={onDone} className="border-b border-line px-4">
      <Button
        small
        busy={busy}
        disabledReason={disabledReason}
        icon={<Pause aria-hidden size={13} />}
        onClick={() => void all(pauseAgent, 'paused')}
      >
        Pause
      </Button>
      <Button
        small
        busy={busy}
        disabledReason={disabledReason}
        icon={<Play aria-hidden size={13} />}
        onClick={() => void all(resumeAgent, 'resumed')}
      >
        Resume
      </Button>
    </SelectionBar>
  )
}
