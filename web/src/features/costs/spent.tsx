import { listAgents } from '@muster/contract/agents/operations'
import type { CostMetrics } from '@muster/contract/dashboard/costs'
import { getCostMetrics } from '@muster/contract/dashboard/operations'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Coins } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useApi } from '../../api/query.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { useScopeName } from '../../components/scope-names.ts'
import { Choice, Select } from '../../ui/field.tsx'
import { count, money, words } from '../../ui/format.ts'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { DayBars } from './day-bars.tsx'
import { everyDay, firstOf } from './days.ts'
import { ShareTable } from './share-table.tsx'

const ranges = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
] as const

/** What was spent: over time, and on what. */
export function Spent() {
  const { days = '30', agent, project } = useSearch({ from: '/costs' })
  const navigate = useNavigate({ from: '/costs' })
  const change = (more: { days?: typeof days; agent?: string | undefined }): void =>
    void navigate({ to: '/costs', search: (before) => ({ ...before, ...more }), replace: true })
  const agents = useApi(listAgents, { query: { limit: 200, sort: 'name' } })
  // The range holds still while the page is looked at, or it would be asked for anew at every tick.
  const [now_ms] = useState(() => Date.now())
  const metrics = useApi(getCostMetrics, {
    query: {
      start_date: firstOf(Number(days), now_ms),
      ...(agent && { agent_id: agent }),
      ...(project && { project_id: project }),
    },
  })
  return (
    <div className="flex flex-col gap-5 p-4 md:p-6">
      <div className="flex flex-wrap items-center gap-2">
        <Choice label="Range" value={days} options={ranges} onChange={(value) => change({ days: value })} />
        <Select
          aria-label="Agent"
          className="max-w-56"
          value={agent ?? ''}
          options={[['', 'All agents'], ...(agents.data?.items ?? []).map(({ id, name }) => [id, name] as const)]}
          onChange={({ target }) => change({ agent: target.value || undefined })}
        />
        <LinkButton small variant="ghost" to="/models" search={{ tab: 'calls' }} className="ml-auto">
          View calls
        </LinkButton>
      </div>
      <QueryBoundary of={metrics}>{(data) => <Shown metrics={data} />}</QueryBoundary>
    </div>
  )
}

function Shown({ metrics }: { readonly metrics: CostMetrics }) {
  const { start_date, end_date, total_cost_micro_usd, total_tokens, runs, cost_trends } = metrics
  if (total_cost_micro_usd === 0 && total_tokens === 0)
    return (
      <Empty title="No costs in this period" icon={<Coins aria-hidden size={28} strokeWidth={1.5} />}>
        Costs of runs and model calls appear here. Days are in UTC.
      </Empty>
    )
  const days = everyDay(start_date, end_date, cost_trends)
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure name="Spent">{money(total_cost_micro_usd)}</Figure>
        <Figure name="Average per day">{money(Math.round(total_cost_micro_usd / Math.max(1, days.length)))}</Figure>
        <Figure name="Tokens">{count(total_tokens)}</Figure>
        <Figure name="Runs">{count(runs)}</Figure>
      </dl>
      <DayBars days={days} />
      <div className="grid grid-cols-1 items-start gap-5 xl:grid-cols-3">
        <By metrics={metrics} />
      </div>
    </>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="rounded-md border border-line px-3 py-2">
      <dt className="text-soft">{name}</dt>
      <dd className="text-[1.3rem] font-semibold tabular-nums">{children}</dd>
    </div>
  )
}

const link_class = 'underline-offset-2 hover:underline'

function By({ metrics: { cost_by_category, cost_by_agent, cost_by_project } }: { readonly metrics: CostMetrics }) {
  const scopeName = useScopeName()
  return (
    <>
      <ShareTable
        title="By category"
        rows={cost_by_category.map(({ category, ...spent }) => ({
          key: category,
          name: words(category),
          ...spent,
        }))}
      />
      <ShareTable
        title="By agent"
        rows={cost_by_agent.map(({ agent_id, name, ...spent }) => ({
          key: agent_id,
          name: (
            <Link to="/agents/$agent_id" params={{ agent_id }} className={link_class}>
              {name}
            </Link>
          ),
          ...spent,
        }))}
      />
      <ShareTable
        title="By project"
        rows={cost_by_project.map(({ project_id, ...spent }) => ({
          key: project_id,
          name: (
            <Link
              from="/costs"
              to="/costs"
              search={(before) => ({ ...before, project: project_id })}
              className={link_class}
            >
              {scopeName({ kind: 'project', id: project_id })}
            </Link>
          ),
          ...spent,
        }))}
      />
    </>
  )
}
