import { type Event, familyOf } from '@muster/contract/events'
import { useActorName } from '../../components/agents/actor-names.ts'
import { AgentLink, GoalLink, ProjectLink, RunLink, TaskLink } from '../../components/related-links.tsx'
import { count } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Facts } from '../../ui/panel.tsx'
import { Tag, type Tone } from '../../ui/status.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'
import { Ago, Clock } from '../../ui/time.tsx'

const tones: Readonly<Record<string, Tone>> = {
  hitl: 'ask',
  task: 'busy',
  workflow: 'good',
  artifact: 'quiet',
  agent: 'warn',
}

export function EventLine({ event, onOpen }: { readonly event: Event; readonly onOpen: () => void }) {
  const { number, at, type, actor, data } = event
  const actorName = useActorName()
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        className="grid min-h-9 w-full grid-cols-[4rem_7rem_11rem_10rem_minmax(0,1fr)] items-center gap-3 px-4 py-1 text-left outline-offset-[-2px] hover:bg-sunken max-md:grid-cols-[3rem_minmax(0,1fr)]"
      >
        <span className="text-right font-mono text-[0.86rem] text-faint">{count(number)}</span>
        <span className="text-soft max-md:hidden">
          <Clock at={at} />
        </span>
        <span className="min-w-0 truncate">
          <Tag tone={tones[familyOf(type)] ?? 'quiet'}>{type}</Tag>
        </span>
        <span className="truncate text-soft max-md:hidden">{actorName(actor)}</span>
        <span className="min-w-0 truncate text-faint max-md:hidden">{summary(data)}</span>
      </button>
    </li>
  )
}

/** An event's small facts in one line. */
function summary(data: unknown): string {
  if (typeof data !== 'object' || data === null) return ''
  return Object.entries(data)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ')
    .slice(0, 200)
}

export function EventView({ event }: { readonly event: Event }) {
  const { type, at, actor, project_id, goal_id, task_id, run_id, agent_id, id, data } = event
  const actorName = useActorName()
  return (
    <div className="flex flex-col gap-4 p-4">
      <Facts
        items={[
          [
            'Type',
            <code key="type" className="font-mono">
              {type}
            </code>,
          ],
          ['Time', <Ago key="at" at={at} />],
          [
            'Actor',
            <span key="actor">
              {actorName(actor)} <Ident id={actor.id} />
            </span>,
          ],
          ...(goal_id === undefined ? [] : [['Goal', <GoalLink key="goal" goal_id={goal_id} />] as const]),
          ...(goal_id === undefined || task_id === undefined
            ? []
            : [['Task', <TaskLink key="task" goal_id={goal_id} task_id={task_id} />] as const]),
          ...(run_id === undefined ? [] : [['Run', <RunLink key="run" run_id={run_id} />] as const]),
          ...(agent_id === undefined ? [] : [['Agent', <AgentLink key="agent" agent_id={agent_id} />] as const]),
          ...(project_id === undefined
            ? []
            : [['Project', <ProjectLink key="project" project_id={project_id} />] as const]),
          ['Event ID', <Ident key="id" id={id} />],
        ]}
      />
      <JsonView value={data} label="Data" />
    </div>
  )
}
