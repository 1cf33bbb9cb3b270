import type { Operation } from '@muster/contract/operation'
import type { MusterError } from '@muster/sdk/errors'
import { argumentsOf } from '@muster/sdk/request'
import { useInfiniteQuery } from '@tanstack/react-query'
import { client } from '../../api/client.ts'
import { keyOf } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor?: string | undefined
}

/** A list that grows at its end by cursor. The live feed refreshes it like any other query of the operation. */
export function useMore<Item>(operation: Operation, input: { readonly params?: object; readonly query?: object }) {
  const answer = useInfiniteQuery<Page<Item>, MusterError>({
    queryKey: [...keyOf(operation, ...argumentsOf(input)), 'all'],
    initialPageParam: undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 100, ...input.query, ...(pageParam !== undefined && { cursor: pageParam }) }
      // The caller names an operation whose answer is a page of `Item`.
      return (await client.call(operation, ...argumentsOf({ ...input, query, signal }))) as Page<Item>
    },
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })
  return { ...answer, items: answer.data?.pages.flatMap(({ items }) => items) ?? [] }
}

export function More({
  of,
}: {
  readonly of: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => unknown
  }
}) {
  if (!of.hasNextPage) return null
  return (
    <div className="flex justify-center p-3">
      <Button busy={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
        Load more
      </Button>
    </div>
  )
}
