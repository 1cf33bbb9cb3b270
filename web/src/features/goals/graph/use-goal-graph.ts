import type { Event } from '@muster/contract/events'
import { getGoalGraph } from '@muster/contract/planner/goals/goal.operations'
import type { GoalGraph } from '@muster/contract/planner/goals/goal-graph'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useEvents } from '../../../api/live-context.tsx'
import { keyOf, useApi } from '../../../api/query.ts'
import { applyTaskEvents, needsAsking } from './apply-task-event.ts'
import { useBatches } from './use-batches.ts'

/** A page in the background takes nothing; past this many events it asks for the whole instead. */
const waiting_max = 2_000
const ask_pause_ms = 1_200
/** Moves come together this often: no eye sees more, and the frames between stay free. */
const step_ms = 100

/**
 * The graph of a goal, moved by events as they come, in steps that fall on frames. It is asked for again only where events
 * cannot tell what it has become, and at most every `ask_pause_ms`.
 */
export function useGoalGraph(goal_id: string) {
  const queries = useQueryClient()
  const input = useMemo(() => ({ params: { id: goal_id } }), [goal_id])
  const graph = useApi(getGoalGraph, input)
  /** Came while the graph was being asked for, so the answer may not know them. */
  const during = useRef<Event[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const { isFetching } = graph

  const push = useBatches<Event>(step_ms, (events) => {
    const key = keyOf(getGoalGraph, input)
    if (events.length > waiting_max) {
      void queries.invalidateQueries({ queryKey: key })
      return
    }
    if (queries.isFetching({ queryKey: key }) > 0) during.current.push(...events)
    const before = queries.getQueryData<GoalGraph>(key)
    if (before === undefined) return
    if (events.some((event) => needsAsking(before, event))) askSoon()
    const after = applyTaskEvents(before, events)
    if (after !== before) queries.setQueryData(key, after)
  })

  function askSoon(): void {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void queries.invalidateQueries({ queryKey: keyOf(getGoalGraph, input) })
    }, ask_pause_ms)
  }

  useEvents((event) => {
    if (event.goal_id === goal_id && event.task_id !== undefined) push(event)
  })

  useEffect(() => {
    if (isFetching) return
    const missed = during.current
    during.current = []
    if (missed.length === 0) return
    queries.setQueryData<GoalGraph>(keyOf(getGoalGraph, input), (now) => now && applyTaskEvents(now, missed))
  }, [isFetching, queries, input])

  useEffect(() => () => clearTimeout(timer.current), [])

  return graph
}
