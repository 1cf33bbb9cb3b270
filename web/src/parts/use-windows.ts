import type { InputOf, Operation, ResponseOf } from '@muster/contract/operation'
import type { ItemOf, ListOperation } from '@muster/sdk/client'
import type { MusterError } from '@muster/sdk/errors'
import type { CallArguments } from '@muster/sdk/request'
import { useQueries } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { asked } from '../api/query.ts'

const window_rows = 100

export interface Windows<Row> {
  /** Undefined until the first window is there. */
  readonly total: number | undefined
  readonly rowAt: (index: number) => Row | undefined
  /** For `Table`: which rows are in view, so that their windows are asked for. */
  readonly onView: (first: number, last: number) => void
  readonly error: MusterError | null
  readonly refetch: () => void
}

/** A list of any length, of which only the windows in view are asked for. The operation takes `offset` and `limit`. */
export function useWindows<Op extends ListOperation>(operation: Op, query: InputOf<Op>['query']): Windows<ItemOf<Op>> {
  const asking = JSON.stringify(query)
  const [view, setView] = useState({ asking, first: 0, last: 0, total: undefined as number | undefined })
  const { first, last } = view.asking === asking ? view : { first: 0, last: 0 }
  const windows = useMemo(
    () => Array.from({ length: last - first + 1 }, (_, at) => (first + at) * window_rows),
    [first, last],
  )
  const answers = useQueries({
    queries: windows.map((offset) =>
      asked(
        operation as Operation,
        // What the list is asked stands beside the two that all such lists take.
        ...([{ query: { ...(query as object), offset, limit: window_rows } }] as unknown as CallArguments<Operation>),
      ),
    ),
  })
  const pages = answers.map(({ data }) => data as (ResponseOf<Op> & Page<ItemOf<Op>>) | undefined)
  const found = pages.find((page) => page !== undefined)?.total
  // While other windows load, the length that was told last stands.
  if (found !== undefined && (view.total !== found || view.asking !== asking)) {
    setView({ asking, first, last, total: found })
  }
  const total = found ?? view.total
  const onView = useCallback(
    (from: number, to: number) => {
      const next = { first: Math.floor(from / window_rows), last: Math.floor(to / window_rows) }
      setView((before) =>
        before.asking === asking && before.first === next.first && before.last === next.last
          ? before
          : { ...before, asking, ...next },
      )
    },
    [asking],
  )
  return {
    total,
    onView,
    rowAt: (index) => pages[Math.floor(index / window_rows) - first]?.items[index % window_rows],
    error: (answers.find(({ error }) => error !== null)?.error as MusterError | undefined) ?? null,
    refetch: () => {
      for (const answer of answers) void answer.refetch()
    },
  }
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly total?: number | undefined
}
