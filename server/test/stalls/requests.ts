/** What the generated inputs are: requests to a server that is measured. */
import type fc from 'fast-check'

/** A request that carries what was generated. */
export interface StallRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** JSON, or the text of a file. */
  readonly body?: unknown
  /** The request that follows an answer of 2xx, made from its data. */
  next?(data: unknown): StallRequest | undefined
}

/** What one field of the API is given: a request, or a few that follow each other. */
export interface StallInput extends StallRequest {
  readonly field: string
  /** It states a goal, whose tasks are waited for. */
  readonly runs?: true
}

/** What the requests need to exist. */
export interface StallPlace {
  readonly project_id: string
  readonly agent_id: string
  /** Of a goal that is not started, for new revisions of its plan. */
  readonly goal_id: string
}

/** Generated inputs, and how often they come up among the others. */
export type Weighted = readonly [weight: number, inputs: fc.Arbitrary<StallInput>]

export function post(field: string, path: string, body: unknown): StallInput {
  return { field, method: 'POST', path, body }
}

export function put(field: string, path: string, body: unknown): StallInput {
  return { field, method: 'PUT', path, body }
}

/** With parameters of its query. */
export function get(field: string, path: string, query: Readonly<Record<string, string>> = {}): StallInput {
  const given = new URLSearchParams(query).toString()
  return { field, method: 'GET', path: given === '' ? path : `${path}?${given}` }
}
