import { testProvider } from '@muster/contract/gateway/provider.operations'
import type { ResponseOf } from '@muster/contract/operation'
import { useQuery } from '@tanstack/react-query'
import { act, queryClient } from '../../../api/query.ts'

export type Tested = ResponseOf<typeof testProvider>

const keyOf = (name: string) => ['tested provider', name] as const

/** Asks a provider for its models, and keeps what it said for as long as the page stands. */
export async function test(provider: { readonly id: string; readonly name: string }): Promise<Tested> {
  const testResult = await act(testProvider, { params: { id: provider.id } })
  queryClient.setQueryData(keyOf(provider.name), testResult)
  return testResult
}

/** What the last test of a provider said, where somebody has tested it. */
export function useTested(name: string): Tested | undefined {
  return useQuery<Tested>({
    queryKey: keyOf(name),
    queryFn: () => Promise.reject(new Error('only a press tests')),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  }).data
}

/** What was said of another address or key does not hold any more. */
export function forgetTest(name: string): void {
  queryClient.removeQueries({ queryKey: keyOf(name) })
}

/** The models that a provider named when it was tested, to choose from. */
export function useNamedModels(provider: string): readonly string[] {
  return useTested(provider)?.models ?? []
}
