import type { Tx } from '../../../../platform/db/db.ts'
import type { NewEvent } from '../../../../platform/journal/events.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import { type Principal, system_principal } from '../../../../platform/principal.ts'
import type { Bounded } from '../../../../platform/threads/bounded.ts'
import type { DoneTask, EndedTask, HeldTask, ReturnedTask, ScopedTaskRef, TaskOutcome } from '../../planner.port.ts'
import { effectOfEnd, gravestByTask } from '../../rules/planner.rules.ts'
import { type Consequence, plannerStore } from '../../store/planner.store.ts'
import { pauseForPlan } from '../by-model/pause-for-plan.ts'

/** What moving tasks needs from the planner's other parts. */
export interface SettleDeps {
  readonly bounded: Pick<Bounded, 'inTransaction'>
  readonly journal: Journal
  /** Announces that the task queue has something. */
  announce(tx: Tx): void
  /** Makes the children of a `for_each` task, or its output from theirs; returns tasks that ended by it. */
  expand(tx: Tx, tasks: readonly Consequence[], actor: Principal): Promise<readonly (DoneTask | EndedTask)[]>
  /** Opens approvals for edges and tasks, or pauses goals for a new plan. */
  ask(tx: Tx, tasks: readonly Consequence[], actor: Principal): Promise<void>
  /** Withdraws the approvals of tasks. */
  withdraw(tx: Tx, tasks: readonly ScopedTaskRef[], reason: string): Promise<void>
}

/** Moves locked tasks and everything that follows from it (see the port). */
export async function settleTasks(deps: SettleDeps, tx: Tx, outcomes: readonly TaskOutcome[]): Promise<void> {
  const returnedTasks = outcomes.filter((outcome): outcome is ReturnedTask => outcome.to === 'ready')
  const heldTasks = outcomes.filter(
    (outcome): outcome is HeldTask => outcome.to === 'in_review' || outcome.to === 'awaiting_approval',
  )
  const endedTasks = outcomes.filter(
    (outcome): outcome is DoneTask | EndedTask =>
      outcome.to !== 'ready' && outcome.to !== 'in_review' && outcome.to !== 'awaiting_approval',
  )
  if (returnedTasks.length > 0) {
    await plannerStore.requeue(tx, returnedTasks)
    for (const one of returnedTasks)
      if (one.needs_plan) await pauseForPlan(deps.journal, tx, { taskRef: one, actor: one.actor })
    deps.announce(tx)
  }
  const countedOutcomes = [...heldTasks, ...endedTasks].filter(
    (outcome) => outcome.to !== 'done' && outcome.counts !== undefined,
  )
  if (countedOutcomes.length > 0) await plannerStore.count(tx, countedOutcomes)
  if (heldTasks.length > 0) await plannerStore.hold(tx, heldTasks)
  await endTasks(deps, tx, endedTasks)
}

/** Ends tasks, then the dependents that end by it, round by round: as many rounds as the graph is deep. */
export async function endTasks(deps: SettleDeps, tx: Tx, first: readonly (DoneTask | EndedTask)[]): Promise<void> {
  let round = first
  while (round.length > 0) {
    const [any] = round
    const actor: Principal = any?.actor ?? system_principal
    const consequences = await plannerStore.end(tx, round)
    record(deps, tx, { round, consequences })
    if (consequences.some(({ what }) => what === 'run')) deps.announce(tx)
    round = await follow(deps, tx, { consequences, actor })
  }
}

/** Does what the ends require beside the rows: approvals, expansions. Returns the tasks that end by it. */
export async function follow(
  deps: SettleDeps,
  tx: Tx,
  { consequences, actor }: { readonly consequences: readonly Consequence[]; readonly actor: Principal },
): Promise<(DoneTask | EndedTask)[]> {
  const brokenDependencies = gravestByTask(consequences.filter((one) => one.what === 'broken'))
  const next = new Map(
    brokenDependencies
      .flatMap((one) => endOf(one, actor))
      .map((end): [string, DoneTask | EndedTask] => [end.task_id, end]),
  )
  const askedTasks = brokenDependencies.filter((one) => next.has(one.task_id) && one.standing === 'awaiting_approval')
  if (askedTasks.length > 0) await deps.withdraw(tx, askedTasks, 'another dependency failed')
  const questions = [
    ...consequences.filter(({ what }) => what === 'approve'),
    ...brokenDependencies.filter(asksSomebody),
  ]
  if (questions.length > 0) await deps.ask(tx, questions, actor)
  const expansionConsequences = consequences.filter(({ what }) => what === 'expand' || what === 'join')
  if (expansionConsequences.length > 0)
    for (const end of await deps.expand(tx, expansionConsequences, actor)) next.set(end.task_id, end)
  return [...next.values()]
}

type BrokenEdge = Extract<Consequence, { readonly what: 'broken' }>

function endOf(
  { organization_id, task_id, project_id, goal_id, cause, cause_key, on_failure }: BrokenEdge,
  actor: Principal,
): EndedTask[] {
  const effect = effectOfEnd(cause, on_failure)
  if (effect !== 'fail' && effect !== 'skip') return []
  const to = effect === 'fail' ? 'failed' : 'skipped'
  return [
    {
      organization_id,
      task_id,
      project_id,
      goal_id,
      to,
      run_id: null,
      actor,
      reason: `dependency ${cause_key} ${cause}`,
    },
  ]
}

/** A task has one approval at a time. */
function asksSomebody({ cause, on_failure, standing }: BrokenEdge): boolean {
  const effect = effectOfEnd(cause, on_failure)
  return effect === 'replan' || (effect === 'ask' && standing !== 'awaiting_approval')
}

/** Records the ends and their consequences in the journal. */
function record(
  deps: SettleDeps,
  tx: Tx,
  { round, consequences }: { round: readonly (DoneTask | EndedTask)[]; consequences: readonly Consequence[] },
): void {
  const events = new Map<string, NewEvent[]>()
  const add = (organization_id: string, event: NewEvent): void => {
    const list = events.get(organization_id)
    if (list) list.push(event)
    else events.set(organization_id, [event])
  }
  for (const end of round) add(end.organization_id, endEvent(end))
  for (const one of consequences) {
    const { organization_id, project_id, goal_id } = one
    const subject = { actor: system_principal, project_id, goal_id: goal_id ?? undefined }
    if (one.what === 'run') add(organization_id, { type: 'task.ready', ...subject, task_id: one.task_id })
    if (one.what === 'goal') add(organization_id, { type: `goal.${one.status}`, ...subject })
  }
  for (const [organization_id, list] of events) deps.journal.record(tx, organization_id, list)
}

function endEvent(end: DoneTask | EndedTask): NewEvent {
  const { project_id, goal_id, task_id, run_id, actor } = end
  const subject = { actor, project_id, goal_id: goal_id ?? undefined, task_id, run_id: run_id ?? undefined }
  return { type: `task.${end.to}`, ...subject, ...(end.to !== 'done' && { data: { reason: end.reason } }) }
}
