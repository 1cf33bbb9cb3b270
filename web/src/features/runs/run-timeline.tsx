import type { TimelineEntry } from '@muster/contract/worker/run-details'
import { Link } from '@tanstack/react-router'
import { useActorName } from '../../components/actor-names.ts'
import { cx } from '../../ui/cx.ts'
import { duration, words } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Ago, Clock, useNow } from '../../ui/time.tsx'
import { type Phase, type PhaseName, phasesOf } from './run-phases.ts'

const looks: Readonly<Record<PhaseName, readonly [word: string, ground: string]>> = {
  plan: ['Planned', 'bg-sunken text-ink'],
  wait: ['Waited', 'bg-warn-soft text-warn'],
  work: ['Worked', 'bg-busy-soft text-busy'],
  judge: ['Judged', 'bg-accent-soft text-accent-strong'],
  approval: ['Approval', 'bg-ask-soft text-ask'],
  commit: ['Committed', 'bg-good-soft text-good'],
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
                See the question
              </Link>
            )}
            {number !== undefined && (
              <Link
                to="/journal"
                search={{ event: number }}
                title="In the journal"
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

/** Widths go with time, but none is too narrow to be seen; the figures beside the words are exact. */
function Bar({ phases }: { readonly phases: readonly Phase[] }) {
  const now = useNow()
  const first = phases[0]
  return (
    <div className="border-b border-line px-4 py-3">
      <ol className="flex gap-0.5 max-md:flex-col" aria-label="Phases">
        {phases.map(({ name, from, to }) => {
          const took_ms = Math.max(0, (to === undefined ? now : Date.parse(to)) - Date.parse(from))
          const [word, ground] = looks[name]
          return (
            <li
              key={`${name} ${from}`}
              className={cx('min-w-22 rounded-sm px-2 py-1.5 max-md:w-full', ground)}
              style={{ flexGrow: Math.sqrt(took_ms) }}
            >
              <span className="block text-[0.93rem] font-medium">
                {word}
                {to === undefined && ' until now'}
              </span>
              <span className="block text-[0.93rem] tabular-nums">{duration(took_ms)}</span>
            </li>
          )
        })}
      </ol>
      {first !== undefined && (
        <p className="mt-1.5 text-[0.93rem] text-faint">
          begun <Ago at={first.from} />
          <span className="max-md:hidden">; wider is longer, not to scale</span>
        </p>
      )}
    </div>
  )
}
