import type { Agent } from '@muster/contract/agents/agents'
import {
  getAgent,
  liftAgentStop,
  pauseAgent,
  resumeAgent,
  retireAgent,
  stopAgent,
} from '@muster/contract/agents/operations'
import { listRuns } from '@muster/contract/worker/operations'
import type { RunItem } from '@muster/contract/worker/runs'
import { Link, useParams } from '@tanstack/react-router'
import { OctagonX, Pause, Pencil, Play } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { stateOf } from '../../components/agents/agent-table.tsx'
import { More, useMore } from '../../components/lists/pages.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { count, money } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { TypedConfirm } from '../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Facts, PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, Loading, QueryBoundary } from '../../ui/states.tsx'
import { Status, Tag } from '../../ui/status.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'
import { Ago, Took } from '../../ui/time.tsx'
import { AgentEditor } from './agent-editor.tsx'
import { PersonaPanel } from './persona-panel.tsx'

/** One agent: what it can do, how it is, what it has done. */
export function AgentPage() {
  const { agent_id } = useParams({ from: '/agents/$agent_id' })
  const agent = useApi(getAgent, { params: { id: agent_id } })
  return (
    <>
      {agent.data === undefined && <PageHead title="Agent" />}
      <QueryBoundary of={agent}>{(data) => <Found agent={data} />}</QueryBoundary>
    </>
  )
}

function Found({ agent: data }: { readonly agent: Agent }) {
  return (
    <>
      <PageHead
        above={
          <Link to="/agents" className="hover:underline">
            Agents
          </Link>
        }
        title={data.name}
        facts={
          <>
            <Status state={stateOf(data)} />
            <Ident id={data.id} />
            {data.description !== undefined && <span>{data.description}</span>}
          </>
        }
        actions={<Acts agent={data} />}
      />
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(18rem,26rem)_minmax(0,1fr)]">
        <About agent={data} />
        <div className="flex min-w-0 flex-col gap-4">
          {data.runtime !== 'builtin' && <PersonaPanel agent={data} />}
          <Runs agent_id={data.id} />
        </div>
      </div>
    </>
  )
}

function About({ agent }: { readonly agent: Agent }) {
  const { runtime, capabilities, live_runs, live_runs_max, presence, created_at, metadata } = agent
  return (
    <Panel title="Details">
      <Facts
        items={[
          ['Runtime', runtime],
          ['Active runs', live_runs_max === undefined ? String(live_runs) : `${live_runs} of ${live_runs_max}`],
          ['Last seen', presence.last_seen_at === undefined ? 'Never' : <Ago key="seen" at={presence.last_seen_at} />],
          ['Created', <Ago key="made" at={created_at} />],
          [
            'Capabilities',
            <span key="capabilities" className="flex flex-wrap gap-1">
              {capabilities.map((name) => (
                <Tag key={name}>{name}</Tag>
              ))}
            </span>,
          ],
          ...settingsOf(agent),
        ]}
      />
      {metadata !== undefined && Object.keys(metadata).length > 0 && (
        <div className="mt-4">
          <JsonView value={metadata} label="Metadata" />
        </div>
      )}
    </Panel>
  )
}

/** How it works, where its runtime has more to say than its name. */
function settingsOf({ model, command_line }: Agent): readonly (readonly [string, ReactNode])[] {
  if (model !== undefined)
    return [
      ['Model', <ModelLink key="model" name={model.alias} />],
      ['Tools', model.tools.length === 0 ? 'none' : model.tools.join(', ')],
      ['Can ask people', model.may_ask ? 'Yes' : 'No'],
      ['Steps', `Up to ${model.steps_max} per run, ${count(model.output_tokens_max)} tokens per response`],
      ['Limits', ceilings(model)],
    ]
  if (command_line === undefined) return []
  const { adapter, model: alias, repository, metered } = command_line
  return [
    ['Adapter', adapter],
    ['Model', alias === undefined ? 'Adapter default' : <ModelLink key="model" name={alias} />],
    ['Repository', repository ?? 'None (empty folder)'],
    ['Usage metering', metered ? 'On (model calls go through Muster)' : 'Off (each run costs its full reservation)'],
  ]
}

function ceilings({ cost_micro_usd_max, tokens_max }: NonNullable<Agent['model']>): string {
  const all = [
    ...(cost_micro_usd_max === undefined ? [] : [money(cost_micro_usd_max)]),
    ...(tokens_max === undefined ? [] : [`${count(tokens_max)} tokens`]),
  ]
  return all.length === 0 ? 'Task budget' : `${all.join(' and ')} per run`
}

function ModelLink({ name }: { readonly name: string }) {
  return (
    <Link to="/models/$model_name" params={{ model_name: name }} className="text-accent underline underline-offset-2">
      {name}
    </Link>
  )
}

function Runs({ agent_id }: { readonly agent_id: string }) {
  const runs = useMore<RunItem>(listRuns, { query: { agent_id, limit: 50 } })
  return (
    <Panel title="Runs" flush>
      {runs.isPending ? (
        <Loading />
      ) : runs.items.length === 0 ? (
        <Empty title="No runs yet">Runs of this agent appear here, newest first.</Empty>
      ) : (
        <ol className="divide-y divide-line">
          {runs.items.map(({ id, title, capability, status, started_at, ended_at, error }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <span className="w-28">
                <Status state={status} />
              </span>
              <span className="min-w-48 flex-1">
                <Link
                  to="/runs/$run_id"
                  params={{ run_id: id }}
                  className="font-medium underline-offset-2 hover:underline"
                >
                  {title}
                </Link>{' '}
                <span className="text-soft">{capability}</span>
                {error !== undefined && (
                  <span className="block truncate text-bad">
                    {error.code}: {error.message}
                  </span>
                )}
              </span>
              <span className="text-soft">
                <Took from={started_at} to={ended_at} />, <Ago at={started_at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      <More of={runs} />
    </Panel>
  )
}

function Acts({ agent }: { readonly agent: Agent }) {
  const { id, name, runtime, status, stopped } = agent
  const permission = usePermission()
  const [openDialog, setOpenDialog] = useState<'edit' | 'stop' | 'retire' | null>(null)
  const write = permission('agents:write').reason
  const doIt = async (work: () => Promise<unknown>, successText: string): Promise<void> => {
    try {
      await work()
      toast(successText)
    } catch (error) {
      toastError(error, `${name} was not changed`)
    }
    await queryClient.invalidateQueries()
  }
  const params = { id }
  return (
    <>
      <Button
        icon={<Pencil aria-hidden size={14} />}
        disabledReason={
          write ??
          (status === 'retired'
            ? 'This agent is retired'
            : runtime === 'builtin' && name === 'builtin' && 'The built-in agent cannot be edited')
        }
        onClick={() => setOpenDialog('edit')}
      >
        Edit
      </Button>
      {openDialog === 'edit' && (
        <AgentEditor agent={agent} onClose={() => setOpenDialog(null)} onDone={() => setOpenDialog(null)} />
      )}
      {status === 'paused' ? (
        <Button
          icon={<Play aria-hidden size={14} />}
          disabledReason={write}
          onClick={() => void doIt(() => act(resumeAgent, { params }), `${name} resumed`)}
        >
          Resume
        </Button>
      ) : (
        <Button
          icon={<Pause aria-hidden size={14} />}
          disabledReason={write ?? (status === 'retired' && 'This agent is retired')}
          onClick={() => void doIt(() => act(pauseAgent, { params }), `${name} paused`)}
        >
          Pause
        </Button>
      )}
      {stopped ? (
        <Button
          disabledReason={permission('fleet:stop').reason}
          onClick={() => void doIt(() => act(liftAgentStop, { params }), `Emergency stop lifted: ${name}`)}
        >
          Lift stop
        </Button>
      ) : (
        <Button
          variant="danger"
          icon={<OctagonX aria-hidden size={14} />}
          disabledReason={permission('fleet:stop').reason}
          onClick={() => setOpenDialog('stop')}
        >
          Stop…
        </Button>
      )}
      <Button
        variant="ghost"
        disabledReason={write ?? (status === 'retired' && 'This agent is retired')}
        onClick={() => setOpenDialog('retire')}
      >
        Retire…
      </Button>
      <TypedConfirm
        open={openDialog === 'stop'}
        onClose={() => setOpenDialog(null)}
        title={`Emergency stop: ${name}`}
        word="STOP"
        act="Stop"
        reason={{ label: 'Reason' }}
        onConfirm={(reason) => void doIt(() => act(stopAgent, { params, body: { reason } }), `${name} stopped`)}
      >
        Its active runs are interrupted. No result is reviewed or committed until you lift the stop.
      </TypedConfirm>
      <TypedConfirm
        open={openDialog === 'retire'}
        onClose={() => setOpenDialog(null)}
        title={`Retire ${name}`}
        word={name}
        act="Retire agent"
        onConfirm={() => void doIt(() => act(retireAgent, { params }), `${name} retired`)}
      >
        You cannot undo this. The agent’s history stays; its API keys stop working.
      </TypedConfirm>
    </>
  )
}
