import type { Operation, ResponseOf } from '@muster/contract/operation'
import type { MusterError } from '@muster/sdk/errors'
import { argumentsOf, type CallArguments, type CallOptions, type LooseInput } from '@muster/sdk/request'
import {
  hashKey,
  type Query,
  QueryClient,
  type QueryKey,
  queryOptions,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { client } from './client.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    // What changes is told by the live feed; nothing is polled, and coming back to the window asks nothing again.
    queries: { retry: false, refetchOnWindowFocus: false, staleTime: 15_000, gcTime: 120_000 },
    mutations: { retry: false },
  },
})

/** The key of a query is the operation and what it was asked, so that the live feed can find what an event touches. */
export function keyOf<Op extends Operation>(operation: Op, ...[input]: CallArguments<Op>): QueryKey {
  const { params, query }: LooseInput = input ?? {}
  return [operation.id, params ?? {}, query ?? {}]
}

/** The options of a query, for hooks and for loaders. */
export function apiQueryOptions<Op extends Operation>(operation: Op, ...input: CallArguments<Op>) {
  return queryOptions<ResponseOf<Op>, MusterError>({
    queryKey: keyOf(operation, ...input),
    queryFn: ({ signal }) => client.call(operation, ...argumentsOf<Op>({ ...input[0], signal })),
  })
}

/** What a query is about: the parameters of its path, and what its filters name by an ID. */
function subjectOf(queryKey: QueryKey): string {
  const [operation_id, params, query] = queryKey
  const ids = Object.entries(query ?? {}).filter(([name]) => name.endsWith('_id'))
  return hashKey([operation_id, params, Object.fromEntries(ids)])
}

/** The answer to show while another loads: that of another filter or page. Another subject's is never shown. */
function previousOf(queryKey: QueryKey) {
  return <Data>(previous: Data | undefined, previousQuery: Pick<Query, 'queryKey'> | undefined): Data | undefined =>
    previousQuery && subjectOf(previousQuery.queryKey) === subjectOf(queryKey) ? previous : undefined
}

/**
 * Asks an operation and keeps its answer up to date by the live feed. While another filter or page of the same subject
 * loads, the old answer stays.
 */
export function useApi<Op extends Operation>(
  operation: Op,
  ...input: CallArguments<Op>
): UseQueryResult<ResponseOf<Op>, MusterError> {
  const options = apiQueryOptions(operation, ...input)
  return useQuery({ ...options, placeholderData: previousOf(options.queryKey) })
}

/** The same, asked only where `when` holds; where it does not, there is no old answer either. */
export function useApiWhen<Op extends Operation>(
  when: boolean,
  operation: Op,
  ...input: CallArguments<Op>
): UseQueryResult<ResponseOf<Op>, MusterError> {
  const options = apiQueryOptions(operation, ...input)
  return useQuery({
    ...options,
    enabled: when,
    ...(when && { placeholderData: previousOf(options.queryKey) }),
  })
}

/**
 * An act: calls an operation that changes something. Each press has an idempotency key of its own, so a broken connection
 * is tried again without doing it twice. What it changed comes back by the live feed; `invalidates` names what to ask again at once.
 */
export function useAct<Op extends Operation>(
  operation: Op,
  options: { readonly invalidates?: readonly Operation[]; readonly onDone?: (answer: ResponseOf<Op>) => void } = {},
): UseMutationResult<ResponseOf<Op>, MusterError, CallArguments<Op>[0]> {
  const queries = useQueryClient()
  return useMutation<ResponseOf<Op>, MusterError, CallArguments<Op>[0]>({
    mutationFn: (input) => act(operation, ...argumentsOf<Op>(input ?? {})),
    onSuccess: async (answer) => {
      options.onDone?.(answer)
      await Promise.all((options.invalidates ?? []).map(({ id }) => queries.invalidateQueries({ queryKey: [id] })))
    },
  })
}

/** The same outside of components. */
export function act<Op extends Operation>(operation: Op, ...[input]: CallArguments<Op>): Promise<ResponseOf<Op>> {
  const key: CallOptions = operation.method === 'POST' ? { idempotency_key: randomKey() } : {}
  return client.call(operation, ...argumentsOf<Op>({ ...input, ...key }))
}

/** Browsers have `randomUUID` only on pages that came by TLS or from this machine; this they always have. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
