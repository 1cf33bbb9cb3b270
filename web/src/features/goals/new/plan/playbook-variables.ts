import { fieldOf } from '@muster/contract/platform/objects'
import { parseDocument } from 'yaml'

export interface PlaybookVariable {
  readonly name: string
  readonly type: string
  readonly description?: string
  readonly required: boolean
  /** As it would be typed; absent: there is none. */
  readonly fallback?: string
}

/** What a playbook declares, as far as it can be read; the server says what is wrong beyond YAML. */
export type ReadPlaybook =
  | { readonly variables: readonly PlaybookVariable[]; readonly problem?: never }
  | { readonly variables?: never; readonly problem: string; readonly line: number | undefined }

export function readPlaybook(text: string): ReadPlaybook {
  const document = parseDocument(text, { prettyErrors: true })
  const [error] = document.errors
  if (error !== undefined) return { problem: error.message.split('\n')[0] ?? '', line: error.linePos?.[0].line }
  let declared: unknown
  try {
    // Aliases are bounded so that a small text cannot unfold into a large one.
    declared = fieldOf(document.toJS({ maxAliasCount: 100 }), 'variables')
  } catch (failure) {
    return { problem: failure instanceof Error ? failure.message : String(failure), line: undefined }
  }
  if (typeof declared !== 'object' || declared === null) return { variables: [] }
  return { variables: Object.entries(declared).map(([name, fields]) => variableOf(name, fields)) }
}

function variableOf(name: string, fields: unknown): PlaybookVariable {
  const { type, description, required, default: fallback } = (fields ?? {}) as Readonly<Record<string, unknown>>
  return {
    name,
    type: typeof type === 'string' ? type : 'string',
    ...(typeof description === 'string' && { description }),
    required: required === true,
    ...(fallback !== undefined && { fallback: typeof fallback === 'string' ? fallback : JSON.stringify(fallback) }),
  }
}
