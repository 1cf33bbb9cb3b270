import type { Operation } from '@muster/contract/operation'
import type { MusterError } from '@muster/sdk/errors'
import { argumentsOf } from '@muster/sdk/request'
import { useQueries } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { apiQueryOptions } from '../../api/query.ts'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly total?: number | undefined
}

export interface Windowed<Item> {
  readonly total: number
  readonly rowAt: (index: number) => Item | undefined
  readonly onView: (first: number, last: number) => void
  readonly error: MusterError | null
  readonly is_loading: boolean
  readonly refetch: () => void
}

const window_rows = 100

/**
 * A list of any length by windows: only the pages that are in view are asked for, a hundred rows each, and only they are
 * refreshed by the live feed. The operation must take `page` and `page_size`.
 */
export function useWindowed<Item>(operation: Operation, query: object): Windowed<Item> {
  const [view, setView] = useState<readonly [number, number]>([0, 0])
  const [first, last] = view
  const pages = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  const answers = useQueries({
    queries: pages.map((page) => {
      const input = { query: { ...query, page: page + 1, page_size: window_rows } }
      // The caller names an operation whose answer is a page of `Item`.
      return apiQueryOptions(operation, ...argumentsOf(input))
    }),
  })
  const byPage = new Map(pages.map((page, at) => [page, answers[at]?.data as Page<Item> | undefined]))
  const newTotal = answers
    .map(({ data }) => (data as Page<Item> | undefined)?.total)
    .find((value) => value !== undefined)
  // While a window is on its way the list is as long as it was: it must neither shrink nor go away under who scrolls it.
  const lastTotal = useRef<number>(undefined)
  useEffect(() => {
    if (newTotal !== undefined) lastTotal.current = newTotal
  })
  const total = newTotal ?? lastTotal.current
  const onView = useCallback((from: number, to: number) => {
    const next = [Math.floor(from / window_rows), Math.floor(to / window_rows)] as const
    setView((before) => (before[0] === next[0] && before[1] === next[1] ? before : next))
  }, [])
  return {
    total: total ?? 0,
    rowAt: (index) => byPage.get(Math.floor(index / window_rows))?.items[index % window_rows],
    onView,
    error: answers.find(({ error }) => error !== null)?.error ?? null,
    is_loading: total === undefined,
    refetch: () => {
      for (const answer of answers) void answer.refetch()
    },
  }
}
