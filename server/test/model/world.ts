import type { FailurePolicy, PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import { default_policy } from '@muster/contract/projects/policies'
import { admitCandidates } from '../../src/modules/budgets/budgets.rules.ts'
import { confidence, quality, route, violationsOf } from '../../src/modules/judge/judge.rules.ts'
import { taskOutcomeOf } from '../../src/modules/judge/rules/outcome.rules.ts'
import type { TaskOutcome } from '../../src/modules/planner/planner.port.ts'
import { checkGraph } from '../../src/modules/planner/rules/graph.rules.ts'
import { rowsOf } from '../../src/modules/planner/rules/plan-rows.rules.ts'
import {
  effectOfEnd,
  goalTransitions,
  gravestByTask,
  hasEnded,
  mayMove,
} from '../../src/modules/planner/rules/planner.rules.ts'
import {
  isBroken,
  isSameWork,
  type RevisionEdge,
  revisionOf,
  waitsFor,
  withCauses,
} from '../../src/modules/planner/rules/revision.rules.ts'
import { afterAttempt, type UnfinishedAttempt } from '../../src/modules/worker/rules/attempt.rules.ts'

/** Faults that can be put into the model on purpose, to see that its checks find them. */
export type WorldDefect = 'no_fence' | 'no_ceiling' | 'lost_hold' | 'free_on_failure'

export type GoalStatus = keyof typeof goalTransitions

export interface WorldGoal {
  readonly id: string
  status: GoalStatus
  revision: number
  plan: readonly PlanTask[]
}

export interface WorldTask {
  readonly id: string
  readonly goal: WorldGoal
  readonly key: string
  readonly revision: number
  readonly plan: PlanTask
  readonly parent: WorldTask | null
  readonly index: number | null
  superseded: boolean
  status: TaskStatus
  step: 'run' | 'expand' | 'join' | 'approve'
  waits_on: number
  leases: number
  attempts: number
  leases_lost: number
  retries: number
  conflicts: number
  commits: number
  /** How many items the accepted output lists. */
  items: number
}

export interface WorldRun {
  readonly id: string
  readonly task: WorldTask
  readonly token: number
  readonly held: number
  /** The version of the shared document that was handed out. */
  readonly read: number
  live: boolean
  result?: { readonly items: number; readonly bad: boolean }
}

export interface WorldQuestion {
  readonly id: string
  readonly kind: 'result' | 'task' | 'dependency'
  readonly rule: string
  readonly task: WorldTask
  readonly run: WorldRun | null
  readonly amended: boolean
  status: 'open' | 'applied' | 'withdrawn' | 'expired'
  overdue: boolean
}

export interface Result {
  readonly items: number
  /** It carries a secret, which is a critical violation. */
  readonly bad: boolean
}

export const budget_max = 600
export const live_runs_max = 3
export const cost_of_use = 30
const organization_id = '00000000-0000-7000-8000-000000000001'
const project_id = '00000000-0000-7000-8000-000000000002'
const agent_id = '00000000-0000-7000-8000-000000000003'
const goal_of_all = '00000000-0000-0000-0000-000000000000'

export type World = ReturnType<typeof createWorld>

/**
 * The engine in memory, for one project: it decides by the product's own pure rules (graph, edges, counters, routing,
 * revisions, budgets) and keeps in maps what the engine keeps in tables. What is asked of it and cannot be is answered
 * with the error's code, as the services do.
 */
export function createWorld({ defect }: { readonly defect?: WorldDefect | undefined } = {}) {
  const goals: WorldGoal[] = []
  const tasks = new Map<string, WorldTask>()
  const edges: RevisionEdge[] = []
  const runs: WorldRun[] = []
  const questions: WorldQuestion[] = []
  const project = { paused: false, stopped: false }
  const state = { shared: 0, log: 0 }
  const budget = { held: 0, used: 0 }
  let ids = 0
  const newId = (kind: string): string => {
    ids += 1
    return `${kind}${ids}`
  }

  const current = (goal: WorldGoal): WorldTask[] =>
    [...tasks.values()].filter((task) => task.goal === goal && !task.superseded)
  const liveRun = (task: WorldTask): WorldRun | undefined => runs.find((run) => run.live && run.task === task)
  const into = (task: WorldTask) => edges.filter((edge) => edge.to_id === task.id)
  const out = (task: WorldTask) => edges.filter((edge) => edge.from_id === task.id)

  function move(task: WorldTask, to: TaskStatus): void {
    if (task.status !== to && !mayMove(task.status, to))
      throw new Error(`a task may not go from ${task.status} to ${to}`)
    task.status = to
  }

  function moveGoal(goal: WorldGoal, to: GoalStatus): void {
    const allowed: readonly string[] = goalTransitions[goal.status]
    if (goal.status !== to && !allowed.includes(to)) throw new Error(`a goal may not go from ${goal.status} to ${to}`)
    goal.status = to
  }

  function ask(question: Omit<WorldQuestion, 'id' | 'status' | 'overdue'>): void {
    questions.push({ ...question, id: newId('q'), status: 'open', overdue: false })
  }

  function withdraw(task: WorldTask): void {
    for (const question of questions)
      if (question.task === task && question.status === 'open') question.status = 'withdrawn'
  }

  /** Ends a live run; what it held is charged, whole where its use is unknown, or given back. */
  function endRun(run: WorldRun, used: number): void {
    run.live = false
    if (defect !== 'lost_hold') budget.held -= run.held
    if (run.held > 0) budget.used += used
  }

  function addTasks(goal: WorldGoal, plan: readonly PlanTask[], kept: ReadonlyMap<string, WorldTask>): void {
    const graph = checkGraph(plan)
    const task_ids = new Map(plan.map(({ key }) => [key, kept.get(key)?.id ?? newId('t')]))
    const rows = rowsOf(plan, graph, { priority: 'medium', approve_before: [], agents: new Map(), ids: task_ids })
    const kept_ids = new Set([...kept.values()].map(({ id }) => id))
    for (const [index, row] of rows.tasks.entries()) {
      const own = plan[index]
      if (kept.has(row.key) || !own) continue
      const waits_on = rows.edges.filter((edge) => edge.to_id === row.id && !kept_ids.has(edge.from_id)).length
      addTask({ id: row.id, goal, key: row.key, plan: own, parent: null, index: null, step: row.step, waits_on })
    }
    for (const edge of rows.edges)
      if (!kept_ids.has(edge.to_id)) edges.push({ ...edge, on_failure: edge.on_failure as FailurePolicy })
  }

  function addTask(
    given: Pick<WorldTask, 'id' | 'goal' | 'key' | 'plan' | 'parent' | 'index' | 'step' | 'waits_on'>,
  ): WorldTask {
    const counters = { leases: 0, attempts: 0, leases_lost: 0, retries: 0, conflicts: 0, commits: 0, items: 0 }
    const status = given.waits_on === 0 && given.step === 'run' ? 'ready' : 'pending'
    const task: WorldTask = { ...given, ...counters, revision: given.goal.revision, superseded: false, status }
    tasks.set(task.id, task)
    return task
  }

  interface End {
    readonly task: WorldTask
    readonly to: TaskStatus
    readonly items?: number
  }

  /** Ends tasks, and what ends because of them, until nothing more follows. */
  function end(first: readonly End[]): void {
    let round = first
    while (round.length > 0) {
      const together = new Set(round.map(({ task }) => task.id))
      const goals_of = new Set(round.map(({ task }) => task.goal))
      for (const { task, to, items = 0 } of round) {
        move(task, to)
        task.items = items
      }
      const broken: Broken[] = []
      const free = new Set<WorldTask>()
      for (const { task, to } of round)
        for (const edge of out(task)) {
          const target = tasks.get(edge.to_id)
          if (!target || together.has(target.id) || hasEnded(target.status)) continue
          if (effectOfEnd(to, edge.on_failure) !== 'release' && defect !== 'free_on_failure') {
            broken.push({ task_id: target.id, on_failure: edge.on_failure, cause: to })
            continue
          }
          target.waits_on -= 1
          if (target.waits_on === 0 && target.status === 'pending') free.add(target)
        }
      for (const goal of goals_of) settleGoal(goal)
      round = follow(broken, free)
    }
  }

  interface Broken {
    readonly task_id: string
    readonly on_failure: FailurePolicy
    readonly cause: TaskStatus
  }

  function follow(broken: readonly Broken[], free: ReadonlySet<WorldTask>): End[] {
    const next = new Map<string, End>()
    for (const { task_id, cause, on_failure } of gravestByTask(broken)) {
      const task = tasks.get(task_id)
      if (!task) continue
      const effect = effectOfEnd(cause, on_failure)
      if (effect === 'fail' || effect === 'skip') {
        withdraw(task)
        next.set(task.id, { task, to: effect === 'fail' ? 'failed' : 'skipped' })
      } else if (effect === 'replan') pauseForPlan(task.goal)
      else if (effect === 'ask' && task.status === 'pending') {
        move(task, 'awaiting_approval')
        ask({ kind: 'dependency', rule: 'dependency', task, run: null, amended: false })
      }
    }
    for (const task of free) for (const one of proceed(task)) next.set(one.task.id, one)
    return [...next.values()]
  }

  /** A task that waits for nothing any more takes its next step. */
  function proceed(task: WorldTask): End[] {
    if (task.step === 'run') move(task, 'ready')
    else if (task.step === 'approve') {
      move(task, 'awaiting_approval')
      ask({ kind: 'task', rule: 'approval_before', task, run: null, amended: false })
    } else if (task.step === 'join') return [{ task, to: 'done', items: childrenOf(task).length }]
    else return expand(task)
    return []
  }

  const childrenOf = (task: WorldTask): WorldTask[] =>
    [...tasks.values()].filter((one) => one.parent === task && !one.superseded)

  function expand(task: WorldTask): End[] {
    const from = task.plan.for_each?.$from.split('.')[0]
    const source = [...tasks.values()].findLast((one) => one.goal === task.goal && one.key === from)
    const count = source?.status === 'done' ? source.items : 0
    if (count === 0) return [{ task, to: 'done', items: 0 }]
    const { for_each: _, ...plan } = task.plan
    for (let index = 0; index < count; index += 1) {
      const id = newId('t')
      const child = addTask({
        id,
        goal: task.goal,
        key: `${task.key}[${index}]`,
        plan,
        parent: task,
        index,
        step: 'run',
        waits_on: 0,
      })
      edges.push({ from_id: child.id, to_id: task.id, on_failure: 'fail' })
    }
    task.step = 'join'
    task.waits_on = count
    return []
  }

  function pauseForPlan(goal: WorldGoal): void {
    if (goal.status === 'running') moveGoal(goal, 'paused')
  }

  function settleGoal(goal: WorldGoal): void {
    const all = current(goal)
    if (goal.status === 'cancelled' || all.some(({ status }) => !hasEnded(status))) return
    const lost = all.some((task) => ['failed', 'rejected', 'cancelled'].includes(task.status) && out(task).length === 0)
    moveGoal(goal, lost ? 'failed' : 'done')
  }

  /** What tasks without a parent need beside the queue when their goal starts. */
  function firstSteps(goal: WorldGoal): void {
    const ready = current(goal).filter((task) => task.status === 'pending' && task.waits_on === 0)
    for (const task of ready.filter(({ step }) => step === 'approve')) end(proceed(task))
    end(ready.filter(({ step }) => step === 'expand').flatMap(proceed))
  }

  /** Carries out what the rules say becomes of a task. */
  function settle(task: WorldTask, outcome: TaskOutcome, run: WorldRun | null): void {
    if ('counts' in outcome && outcome.counts && outcome.counts !== 'nothing') task[outcome.counts] += 1
    if (outcome.to === 'ready') move(task, 'ready')
    else if (outcome.to === 'in_review' || outcome.to === 'awaiting_approval') move(task, outcome.to)
    else end([{ task, to: outcome.to, items: outcome.to === 'done' ? (run?.result?.items ?? 0) : 0 }])
  }

  function refOf(task: WorldTask, run: WorldRun | null) {
    return { organization_id, project_id, task_id: task.id, goal_id: task.goal.id, run_id: run?.id ?? '00000000' }
  }

  const writesShared = (task: WorldTask): boolean => task.plan.writes?.some(({ op }) => op === 'set') ?? false

  /** Writes what an accepted result writes. */
  function write(task: WorldTask): void {
    task.commits += 1
    if (writesShared(task)) state.shared += 1
    else if (task.plan.writes !== undefined) state.log += 1
  }

  /** The verdict on a result, by the product's routing: what policy makes of a secret, and of nothing. */
  function verdictOn(task: WorldTask, { bad }: Result, amended: boolean) {
    const secrets = default_policy.checks.find(({ check }) => check === 'secrets')
    if (!secrets) throw new Error('the default policy looks for secrets')
    const finding = {
      check: 'secrets',
      severity: secrets.severity,
      weight: secrets.weight,
      measures: secrets.measures,
      violation_from: secrets.violation_from,
      failed: bad ? 1 : 0,
      of: 1,
      evidence: [],
    }
    const findings = [finding] as never
    const judged = {
      quality: quality(findings),
      confidence: confidence(findings),
      violations: violationsOf(findings),
      topics: [],
    }
    const { approval } = task.plan
    const facts = {
      approval,
      sent_back: task.retries,
      deterministic: false,
      loss_possible: false,
      unscored: false,
      lot: 0.5,
      effect_for_people: false,
      amended,
    }
    return { ...judged, calibrated: false as const, checks: findings, route: route(judged, facts, default_policy) }
  }

  function judge(run: WorldRun, amended: boolean): TaskOutcome['to'] {
    const { task } = run
    const verdict = verdictOn(task, run.result ?? { items: 0, bad: false }, amended)
    const conflict = verdict.route.to === 'commit' && !amended && writesShared(task) && run.read !== state.shared
    const moved = [
      { scope: 'project' as const, scope_id: project_id, document: 'shared', version: run.read, current: state.shared },
    ]
    const { attempts, leases_lost, retries, conflicts } = task
    const ref = refOf(task, run)
    // The rule reads these parts of an item and no others.
    const outcome = taskOutcomeOf({
      result: { run: ref, output: '{}', output_sha256: '' },
      verdict,
      state: { ...ref, attempts, leases_lost, retries, conflicts },
      policy: default_policy,
      ...(conflict && { commit: { outcome: 'conflict' as const, moved } }),
    } as never)
    if (outcome.to === 'done') write(task)
    settle(task, outcome, run)
    if (outcome.to === 'awaiting_approval')
      ask(
        conflict
          ? { kind: 'task', rule: 'conflicts', task, run, amended: false }
          : { kind: 'result', rule: verdict.route.reason, task, run, amended },
      )
    return outcome.to
  }

  const claimable = (): WorldTask[] =>
    project.paused || project.stopped
      ? []
      : [...tasks.values()].filter(
          (task) => task.status === 'ready' && !task.superseded && task.goal.status === 'running',
        )

  const costOf = (task: WorldTask): number => task.plan.budget?.cost_micro_usd ?? 0

  /** Which of the tasks the product's own arithmetic would admit now, in this order. */
  function fits(wanted: readonly WorldTask[]): WorldTask[] {
    const scope = {
      scope_kind: 'organization' as const,
      scope_id: organization_id,
      budget_window: 'total' as const,
      window_start: '',
      tokens: null,
    }
    const limit = {
      ...scope,
      limit_id: 'l',
      cost_micro_usd: budget_max,
      live_runs: live_runs_max,
      live: runs.filter(({ live }) => live).length,
    }
    const balance = {
      limit_id: 'l',
      goal_id: goal_of_all,
      held_micro_usd: budget.held,
      held_tokens: 0,
      used_micro_usd: budget.used,
      used_tokens: 0,
    }
    const candidates = wanted.map((task) => ({
      organization_id,
      project_id,
      goal_id: task.goal.id,
      agent_id,
      task_id: task.id,
      cost_micro_usd: costOf(task),
      tokens: 0,
    }))
    const { admitted } = admitCandidates(candidates, { limits: [limit], balances: [balance] })
    return wanted.filter(({ id }) => admitted.has(id))
  }

  function endAttempt(run: WorldRun, unfinished: UnfinishedAttempt): void {
    const { task } = run
    endRun(run, unfinished.how === 'lost' ? run.held : 0)
    const attempts_max = defect === 'no_ceiling' ? 1000 : task.plan.attempts_max
    settle(task, afterAttempt(refOf(task, run), { ...task, attempts_max }, unfinished), run)
  }

  function stopTask(task: WorldTask): void {
    const run = liveRun(task)
    if (run) endRun(run, run.held)
    withdraw(task)
  }

  /** Takes tasks out of the plan; those that have not ended are cancelled by it. */
  function supersede(dropped: readonly WorldTask[]): void {
    for (const task of dropped) {
      if (!hasEnded(task.status)) {
        stopTask(task)
        move(task, 'cancelled')
      }
      task.superseded = true
    }
  }

  function retry(retried: readonly WorldTask[]): 'invalid' | 'ended' | undefined {
    const [any] = retried
    if (!any) return undefined
    const { goal } = any
    if (retried.some(({ superseded }) => superseded)) return 'ended'
    if (retried.some(({ status }) => !hasEnded(status))) return 'invalid'
    const all = current(goal)
    const rows = all.map(({ id, status, step, parent }) => ({
      task_id: id,
      status,
      step,
      parent_id: parent?.id ?? null,
    }))
    const places = new Map(rows.map((row) => [row.task_id, row]))
    const own = edges.filter((edge) => places.has(edge.to_id))
    const { renewedIds, droppedIds } = revisionOf(
      rows,
      own,
      withCauses(
        rows,
        own,
        retried.map(({ id }) => id),
      ),
    )
    supersede(all.filter(({ id }) => renewedIds.has(id) || droppedIds.has(id)))
    goal.revision += 1
    if (['done', 'failed', 'cancelled'].includes(goal.status)) moveGoal(goal, 'running')
    const kept = own.filter((edge) => renewedIds.has(edge.to_id) && !droppedIds.has(edge.from_id))
    const fresh = new Map([...renewedIds].map((id) => [id, newId('t')]))
    const made = new Map<string, WorldTask>()
    const order = all
      .filter(({ id }) => renewedIds.has(id))
      .sort((a, b) => Number(a.parent !== null) - Number(b.parent !== null))
    for (const old of order) {
      const edges_in = kept.filter((edge) => edge.to_id === old.id)
      const has_children = edges_in.some((edge) => tasks.get(edge.from_id)?.parent === old)
      const first = old.plan.approval === 'before' ? 'approve' : old.plan.for_each ? 'expand' : 'run'
      made.set(
        old.id,
        addTask({
          id: fresh.get(old.id) ?? '',
          goal,
          key: old.key,
          plan: old.plan,
          parent: old.parent ? (made.get(old.parent.id) ?? old.parent) : null,
          index: old.index,
          step: has_children ? 'join' : first,
          waits_on: edges_in.filter((edge) => waitsFor(edge, places.get(edge.from_id), renewedIds)).length,
        }),
      )
    }
    for (const child of all)
      if (child.parent && !child.superseded) Object.assign(child, { parent: made.get(child.parent.id) ?? child.parent })
    const renewed_edges = kept.map((edge) => ({
      ...edge,
      from_id: fresh.get(edge.from_id) ?? edge.from_id,
      to_id: fresh.get(edge.to_id) ?? edge.to_id,
    }))
    edges.push(...renewed_edges)
    const broken = renewed_edges.flatMap((edge) => {
      const from = places.get(edge.from_id)
      return from && isBroken(edge, from)
        ? [{ task_id: edge.to_id, on_failure: edge.on_failure, cause: from.status }]
        : []
    })
    const started = goal.status === 'running'
    end(follow(broken, new Set()))
    if (started) firstSteps(goal)
    return undefined
  }

  const needsPlan = (goal: WorldGoal): boolean =>
    current(goal).some(
      (task) =>
        !hasEnded(task.status) &&
        into(task).some(
          (edge) =>
            edge.on_failure === 'replan' &&
            ['failed', 'rejected', 'cancelled'].includes(tasks.get(edge.from_id)?.status ?? ''),
        ),
    )

  function answerResult(question: WorldQuestion, action: string, result: Result): 'approval_stale' | undefined {
    const { task, run } = question
    if (!run) return undefined
    if (writesShared(task) && run.read !== state.shared) {
      question.status = 'withdrawn'
      move(task, 'ready')
      return 'approval_stale'
    }
    question.status = 'applied'
    if (action === 'reject') end([{ task, to: 'rejected' }])
    else if (action === 'send_back') {
      task.retries += 1
      move(task, 'ready')
    } else if (action === 'approve') {
      write(task)
      end([{ task, to: 'done', items: run.result?.items ?? 0 }])
    } else {
      run.result = result
      judge(run, true)
    }
    return undefined
  }

  function answerDependency(question: WorldQuestion, action: string): void {
    const { task } = question
    question.status = 'applied'
    if (action === 'continue') {
      for (const edge of into(task)) {
        const from = tasks.get(edge.from_id)
        if (!from || !isBroken(edge, { task_id: from.id, status: from.status, step: from.step, parent_id: null }))
          continue
        Object.assign(edge, { on_failure: 'continue' })
        task.waits_on -= 1
      }
      move(task, 'pending')
      if (task.waits_on === 0) end(proceed(task))
    } else if (action === 'retry') {
      const failed = into(task).flatMap((edge) => tasks.get(edge.from_id) ?? [])
      retry(failed.filter(({ status }) => hasEnded(status) && status !== 'done'))
    } else end([{ task, to: action === 'skip' ? 'skipped' : 'failed' }])
  }

  return {
    goals,
    tasks,
    edges,
    runs,
    questions,
    project,
    state,
    budget,
    current,
    claimable,
    fits,
    into,

    stateGoal(plan: readonly PlanTask[], start: boolean): WorldGoal {
      const goal: WorldGoal = { id: newId('g'), status: start ? 'running' : 'planning', revision: 1, plan }
      goals.push(goal)
      addTasks(goal, plan, new Map())
      if (start) firstSteps(goal)
      return goal
    },

    claim(wanted: readonly WorldTask[]): WorldRun[] {
      return wanted.map((task) => {
        move(task, 'running')
        task.leases += 1
        const run: WorldRun = {
          id: newId('r'),
          task,
          token: task.leases,
          held: costOf(task),
          read: state.shared,
          live: true,
        }
        budget.held += run.held
        runs.push(run)
        return run
      })
    },

    complete(
      run: WorldRun,
      result: Result,
      stale: boolean,
    ): 'lease_lost' | 'stopped' | 'committed' | 'returned' | 'waiting' | 'conflict' {
      if (project.stopped) return 'stopped'
      if ((!run.live || stale) && defect !== 'no_fence') return 'lease_lost'
      if (defect === 'no_fence' && run.task.status !== 'running') run.task.status = 'running'
      run.result = result
      endRun(run, cost_of_use)
      const { conflicts } = run.task
      const to = judge(run, false)
      if (to === 'ready') return run.task.conflicts > conflicts ? 'conflict' : 'returned'
      return to === 'awaiting_approval' ? 'waiting' : 'committed'
    },

    endAttempt(run: WorldRun, unfinished: UnfinishedAttempt): boolean {
      if (!run.live) return false
      endAttempt(run, unfinished)
      return true
    },

    /** No lease was kept: all that live are swept. */
    loseAll(): void {
      for (const run of runs.filter(({ live }) => live)) endAttempt(run, { how: 'lost' })
    },

    pause(goal: WorldGoal): 'ended' | undefined {
      if (goal.status === 'paused') return undefined
      if (goal.status !== 'running') return 'ended'
      moveGoal(goal, 'paused')
      return undefined
    },

    resume(goal: WorldGoal): 'ended' | 'invalid' | undefined {
      if (goal.status === 'running') return undefined
      if (goal.status !== 'paused' && goal.status !== 'planning') return 'ended'
      if (needsPlan(goal)) return 'invalid'
      moveGoal(goal, 'running')
      firstSteps(goal)
      return undefined
    },

    cancel(goal: WorldGoal): 'ended' | undefined {
      if (goal.status === 'cancelled') return undefined
      if (goal.status === 'done' || goal.status === 'failed') return 'ended'
      moveGoal(goal, 'cancelled')
      const open = current(goal).filter(({ status }) => !hasEnded(status))
      for (const task of open) stopTask(task)
      end(open.map((task) => ({ task, to: 'cancelled' as const })))
      return undefined
    },

    endTask(task: WorldTask, to: 'cancelled' | 'skipped'): 'ended' | undefined {
      if (hasEnded(task.status)) return task.status === to ? undefined : 'ended'
      const places = [task, ...childrenOf(task).filter(({ status }) => !hasEnded(status))]
      for (const place of places) stopTask(place)
      end(places.map((place) => ({ task: place, to })))
      return undefined
    },

    retry: (task: WorldTask) => retry([task]),

    replan(goal: WorldGoal, plan: readonly PlanTask[]): 'ended' | undefined {
      if (goal.status === 'cancelled') return 'ended'
      const graph = checkGraph(plan)
      const before = new Map(goal.plan.map((task) => [task.key, task]))
      const after = new Map(plan.map((task) => [task.key, task]))
      const done = new Map(
        current(goal)
          .filter((task) => task.parent === null && task.status === 'done')
          .map((task) => [task.key, task]),
      )
      const kept = new Map<string, WorldTask>()
      for (const key of graph.order) {
        const [own, earlier, row] = [after.get(key), before.get(key), done.get(key)]
        if (!own || !earlier || !row || !isSameWork(own, earlier)) continue
        if (graph.edges.every((edge) => edge.to !== key || kept.has(edge.from))) kept.set(key, row)
      }
      const stay = new Set(kept.values())
      supersede(current(goal).filter((task) => !stay.has(task) && !(task.parent && stay.has(task.parent))))
      goal.revision += 1
      goal.plan = plan
      addTasks(goal, plan, kept)
      if (goal.status === 'planning') return undefined
      moveGoal(goal, 'running')
      if (kept.size === plan.length) moveGoal(goal, 'done')
      else firstSteps(goal)
      return undefined
    },

    raise(): void {
      project.stopped = true
      for (const run of runs.filter(({ live }) => live)) endAttempt(run, { how: 'given_back', reason: 'stopped' })
    },

    answer(question: WorldQuestion, action: string, result: Result): string | undefined {
      if (question.status !== 'open' || question.overdue) return 'approval_decided'
      if (project.stopped) return 'stopped'
      if (question.kind === 'result') return answerResult(question, action, result)
      if (question.kind === 'dependency') {
        answerDependency(question, action)
        return undefined
      }
      question.status = 'applied'
      const { task } = question
      if (action === 'approve' && task.plan.for_each && task.step !== 'join') {
        move(task, 'pending')
        task.step = 'expand'
        end(proceed(task))
      } else if (action === 'approve' || action === 'retry') move(task, 'ready')
      else end([{ task, to: action === 'fail' ? 'failed' : 'rejected' }])
      return undefined
    },

    /** Nobody answered in time. */
    expire(): void {
      // Under an emergency stop nothing expires, and what is overdue takes no answer any more.
      if (project.stopped) {
        for (const question of questions) question.overdue ||= question.status === 'open'
        return
      }
      for (const question of questions.filter(({ status }) => status === 'open')) {
        if (question.status !== 'open') continue
        question.status = 'expired'
        end([{ task: question.task, to: 'rejected' }])
      }
    },

    /** Somebody else writes the document that tasks share. */
    writeShared(): void {
      state.shared += 1
    },
  }
}
