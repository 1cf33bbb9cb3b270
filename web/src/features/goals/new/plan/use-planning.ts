import type { Decomposed } from '@muster/contract/planner/plans/decomposition'
import { decompose } from '@muster/contract/planner/plans/plan.operations'
import { MusterError } from '@muster/sdk/errors'
import { useRef, useState } from 'react'
import { client } from '../../../../api/client.ts'

type Wanted = Parameters<typeof client.call<typeof decompose>>[1]

export interface Planning {
  readonly planned: Decomposed | undefined
  readonly error: MusterError | null
  /** Since when it is planned; undefined: nothing is under way. */
  readonly since: string | undefined
  readonly plan: (input: NonNullable<Wanted>['body']) => void
  readonly cancel: () => void
  readonly forgetError: () => void
}

/** Plans without storing. A model takes its time, so what is under way can be broken off; the plan before it stays. */
export function usePlanning(): Planning {
  const [preview, setPreview] = useState<Decomposed>()
  const [error, setError] = useState<MusterError | null>(null)
  const [since, setSince] = useState<string>()
  const under_way = useRef<AbortController>(undefined)
  const run = async (body: NonNullable<Wanted>['body']): Promise<void> => {
    under_way.current?.abort()
    const mine = new AbortController()
    under_way.current = mine
    setError(null)
    setSince(new Date().toISOString())
    try {
      const newPreview = await client.call(decompose, { body, signal: mine.signal })
      if (under_way.current === mine) setPreview(newPreview)
    } catch (failure) {
      if (under_way.current === mine && !mine.signal.aborted) setError(asError(failure))
    } finally {
      if (under_way.current === mine) setSince(undefined)
    }
  }
  return {
    planned: preview,
    error,
    since,
    plan: (body) => void run(body),
    cancel: () => {
      under_way.current?.abort()
      under_way.current = undefined
      setSince(undefined)
    },
    forgetError: () => setError(null),
  }
}

function asError(failure: unknown): MusterError {
  if (failure instanceof MusterError) return failure
  return new MusterError('protocol', failure instanceof Error ? failure.message : String(failure))
}
