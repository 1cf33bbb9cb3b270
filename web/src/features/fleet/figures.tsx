import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useScopeName } from '../../components/scope-names.ts'
import { count, money, percent, plural } from '../../ui/format.ts'
import { Bars, Meter } from '../../ui/meter.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

/** Six figures in one rhythm: what it is, the number, and what the number hides. */
export function Figures({ status }: { readonly status: FleetStatus }) {
  return (
    <div className="grid grid-cols-2 gap-3 xl:grid-cols-3 2xl:grid-cols-6">
      <Approvals status={status} />
      <Agents status={status} />
      <Queues status={status} />
      <Throughput status={status} />
      <Errors status={status} />
      <Spend status={status} />
    </div>
  )
}

function Figure(props: { readonly name: string; readonly value: ReactNode; readonly children?: ReactNode }) {
  return (
    <section
      aria-label={props.name}
      className="flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-surface p-4"
    >
      <h2 className="text-soft">{props.name}</h2>
      <p className="text-[1.7rem] font-semibold leading-tight tracking-tight tabular-nums">{props.value}</p>
      <div className="mt-auto flex flex-col gap-1 pt-1 text-[0.93rem] text-soft">{props.children}</div>
    </section>
  )
}

function Approvals({ status: { approvals } }: { readonly status: FleetStatus }) {
  const { waiting, snoozed, past_due, due_within_hour, oldest_at } = approvals
  return (
    <Figure
      name="Open approvals"
      value={
        <Link to="/approvals" className="rounded hover:text-accent">
          {count(waiting)}
          <span className="sr-only"> open approvals</span>
        </Link>
      }
    >
      <p className={past_due > 0 ? 'font-medium text-bad' : ''}>
        {past_due > 0
          ? `${past_due} overdue`
          : due_within_hour > 0
            ? `${due_within_hour} due within 1 hour`
            : 'None overdue'}
      </p>
      <p>
        {oldest_at === undefined ? (
          'None open'
        ) : (
          <>
            Oldest: <Ago at={oldest_at} />
          </>
        )}
        {snoozed > 0 && `, ${snoozed} snoozed`}
      </p>
    </Figure>
  )
}

const windowLabels = { day: 'daily', goal: 'per goal', run: 'per run', total: 'all time' } as const
const states = ['working', 'idle', 'paused', 'error', 'offline', 'stopped'] as const

function Agents({ status: { agents_by_state, live_runs } }: { readonly status: FleetStatus }) {
  const total = states.reduce((sum, state) => sum + agents_by_state[state], 0)
  return (
    <Figure name="Agents" value={count(total)}>
      <p>{plural(live_runs, 'active run')}</p>
      <ul className="flex flex-wrap gap-1" aria-label="By state">
        {states
          .filter((state) => agents_by_state[state] > 0)
          .map((state) => (
            <li key={state}>
              <Status state={state} label={`${agents_by_state[state]} ${state}`} />
            </li>
          ))}
      </ul>
    </Figure>
  )
}

const queueWords = { task_queue: 'ready', review_queue: 'in review', hitl_queue: 'awaiting approval' } as const

function Queues({ status: { queues } }: { readonly status: FleetStatus }) {
  const total = queues.reduce((sum, { depth }) => sum + depth, 0)
  return (
    <Figure name="Queue" value={count(total)}>
      {queues.map(({ queue, depth, oldest_at }) => (
        <p key={queue} className="flex justify-between gap-2">
          <span>
            {count(depth)} {queueWords[queue]}
          </span>
          {oldest_at !== undefined && (
            <span>
              oldest <Ago at={oldest_at} />
            </span>
          )}
        </p>
      ))}
    </Figure>
  )
}

function Throughput({ status: { throughput } }: { readonly status: FleetStatus }) {
  const doneCounts = throughput.map((minute) => minute.done)
  const failedCounts = throughput.map((minute) => minute.failed)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return (
    <Figure name="Runs in the last hour" value={count(sum(doneCounts) + sum(failedCounts))}>
      <Bars
        values={doneCounts}
        marked={failedCounts}
        label={`Per minute over the last hour: ${sum(doneCounts)} done, ${sum(failedCounts)} failed`}
      />
    </Figure>
  )
}

function Errors({ status: { error_rates, recent_errors } }: { readonly status: FleetStatus }) {
  const [latest] = recent_errors
  return (
    <Figure name="Error rate, last hour" value={percent(error_rates.last_hour)}>
      <p>{percent(error_rates.last_24_hours)} over 24 hours</p>
      {latest === undefined ? (
        <p>No recent errors</p>
      ) : (
        <p className="truncate" title={latest.message}>
          <Ago at={latest.timestamp} />: {latest.error_type}
        </p>
      )}
    </Figure>
  )
}

function Spend({ status: { spend } }: { readonly status: FleetStatus }) {
  const scopeName = useScopeName()
  if (spend === undefined)
    return (
      <Figure name="Spent today" value="–">
        <p>Requires the budgets:read permission</p>
      </Figure>
    )
  const costBudgets = spend.budgets.filter(({ cost_micro_usd }) => cost_micro_usd !== undefined)
  return (
    <Figure name="Spent today" value={money(spend.today_micro_usd)}>
      {costBudgets.length === 0 && <p>No cost budgets</p>}
      {costBudgets.slice(0, 3).map(({ id, scope, window, cost_micro_usd: limit = 0, used, held }) => (
        <div key={id}>
          <p className="flex justify-between gap-2">
            <span className="truncate">
              {scopeName(scope)}, {windowLabels[window]}
            </span>
            <span className="tabular-nums">
              {money(used.cost_micro_usd)} of {money(limit)}
            </span>
          </p>
          <Meter
            label={`Budget of ${scopeName(scope)}`}
            used={used.cost_micro_usd}
            held={held.cost_micro_usd}
            limit={limit}
          />
        </div>
      ))}
    </Figure>
  )
}
