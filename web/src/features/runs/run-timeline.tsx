import type { TimelineEntry } from '@muster/contract/worker/run-details'
import { Link } from '@tanstack/react-router'
import { useActorName } from '../../components/agents/actor-names.ts'
import { cx } from '../../ui/cx.ts'
import { duration, words } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Ago, Clock, useNow } from '../../ui/time.tsx'
import { type Phase, type PhaseName, phasesOf, spansOf } from './run-phases.ts'

const looks: Readonly<Record<PhaseName, readonly [label: string, colour: string]>> = {
  plan: ['Planning', 'bg-line-strong'],
  wait: ['Queued', 'bg-warn'],
  work: ['Working', 'bg-busy'],
  judge: ['Review', 'bg-accent'],
  approval: ['Approval', 'bg-ask'],
  commit: ['Commit', 'bg-good'],
}

/** How a run came about and what came of it: where the time went, then each step. */
export function RunTimeline({ timeline }: { readonly timeline: readonly TimelineEntry[] }) {
  const phases = phasesOf(timeline)
  const nameOf = useActorName()
  return (
    <Panel flush title="Timeline">
      {phases.length > 0 && <Bar phases={phases} />}
      <ol className="max-h-72 divide-y divide-line overflow-auto">
        {timeline.map(({ at, event, number, actor, approval_id }, place) => (
          <li key={`${at} ${event} ${place}`} className="flex flex-wrap items-center gap-x-3 px-4 py-1.5">
            <span className="w-28 text-[0.93rem] text-soft">
              <Clock at={at} />
            </span>
            <span className="font-medium">{words(event.replace('.', ' '))}</span>
            {actor !== undefined && <span className="text-soft">by {nameOf(actor)}</span>}
            {approval_id !== undefined && (
              <Link
                to="/approvals"
                search={{ item: approval_id }}
                className="inline-flex min-h-[24px] items-center text-accent underline-offset-2 hover:underline"
              >
                View approval
              </Link>
            )}
            {number !== undefined && (
              <Link
                to="/journal"
                search={{ event: number }}
                title="View in journal"
                className="ml-auto inline-flex min-h-[24px] items-center font-mono text-[0.86rem] text-faint underline-offset-2 hover:text-ink hover:underline"
              >
                #{number}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** The phases on one axis of time, to scale; a phase too short to be seen is a line. Below, each with its exact duration. */
function Bar({ phases }: { readonly phases: readonly Phase[] }) {
  const now = useNow()
  const spans = spansOf(phases, now)
  const [first] = spans
  const end_ms = Math.max(...spans.map(({ from_ms, took_ms }) => from_ms + took_ms))
  if (first === undefined) return null
  const total_ms = Math.max(1, end_ms - first.from_ms)
  const share = (ms: number): string => `${(ms / total_ms) * 100}%`
  return (
    <div className="border-b border-line px-4 py-3">
      <div aria-hidden className="relative h-3 overflow-hidden rounded-sm bg-sunken">
        {spans.map(({ name, from_ms, took_ms }) => (
          <span
            key={`${name} ${from_ms}`}
            className={cx('absolute inset-y-0 min-w-[2px]', looks[name][1])}
            style={{ left: `min(${share(from_ms - first.from_ms)}, 100% - 2px)`, width: share(took_ms) }}
          />
        ))}
      </div>
      <ol className="mt-2 flex flex-wrap gap-x-5 gap-y-1" aria-label="Phases">
        {spans.map(({ name, from_ms, took_ms, is_open }) => (
          <li key={`${name} ${from_ms}`} className="flex items-center gap-1.5 text-[0.93rem]">
            <span aria-hidden className={cx('size-2.5 rounded-full', looks[name][1])} />
            <span className="font-medium">{looks[name][0]}</span>
            <span className="text-soft tabular-nums">
              {duration(took_ms)}
              {is_open && ', ongoing'}
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-1.5 text-[0.93rem] text-faint">
        Started <Ago at={new Date(first.from_ms).toISOString()} />, total {duration(total_ms)}
      </p>
    </div>
  )
}
