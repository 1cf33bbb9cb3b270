import type { Tx } from '../../../platform/db/db.ts'
import type { NewEvent } from '../../../platform/journal/events.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import { system_principal } from '../../../platform/principal.ts'
import type { Item } from '../judge.types.ts'

/**
 * `new`: the result has just arrived. `reported`: a process without a judge recorded it before. `again`: its task waits
 * for a person.
 */
export type Judging = 'new' | 'reported' | 'again'

/** Records the events of judged results: reported, judged, and the route; the planner records how tasks ended. */
export function recordVerdicts(
  { journal, tx }: { journal: Journal; tx: Tx },
  items: readonly Item[],
  judging: Judging,
): void {
  const events = new Map<string, NewEvent[]>()
  for (const item of items) {
    const { organization_id } = item.result.run
    const list = events.get(organization_id)
    if (list) list.push(...eventsOf(item, judging))
    else events.set(organization_id, eventsOf(item, judging))
  }
  for (const [organization_id, list] of events) journal.record(tx, organization_id, list)
}

function eventsOf({ result, verdict, verdict_id, commit }: Item, judging: Judging): NewEvent[] {
  const { run, completed_by } = result
  const subject = {
    project_id: run.project_id,
    goal_id: run.goal_id ?? undefined,
    task_id: run.task_id,
    run_id: run.run_id,
  }
  const own = { actor: system_principal, ...subject }
  const { route } = verdict
  // A plain pass needs no data: its verdict is found by the run.
  const judgedEvent: NewEvent = {
    type: 'task.judged',
    ...own,
    ...(route.to !== 'commit' && { data: { verdict_id, to: route.to, row: route.row } }),
  }
  if (judging === 'again') return [judgedEvent]
  const events: NewEvent[] =
    judging === 'new' ? [{ type: 'task.reported', actor: completed_by, ...subject }, judgedEvent] : [judgedEvent]
  const data = { reason: route.reason }
  if (commit?.outcome === 'committed') events.push({ type: 'state.committed', ...own })
  if (commit?.outcome === 'conflict')
    events.push({ type: 'task.conflicted', ...own, data: { moved: commit.moved.map(({ document }) => document) } })
  else if (route.to === 'retry') events.push({ type: 'task.returned', ...own, data })
  else if (route.to === 'approval') events.push({ type: 'task.waiting', ...own, data })
  return events
}
