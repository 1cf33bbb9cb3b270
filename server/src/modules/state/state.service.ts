import type { IdentityPort } from '../identity/identity.port.ts'
import { createDocuments, type DocumentsOptions } from './documents.service.ts'
import { createGlobalState } from './global-state.service.ts'
import { commitAll } from './operations/commit.ts'
import { explainMoved } from './operations/explain.ts'
import type { DocumentHistory, DocumentRef, StatePort } from './state.port.ts'
import { stateStore } from './state.store.ts'

export interface StateOptions extends DocumentsOptions {
  readonly identity: Pick<IdentityPort, 'findScope'>
}

/** Versioned documents of projects and agents: the port that other modules call. */
export function createState(options: StateOptions) {
  const port: StatePort = {
    read: async (tx, refs) => (refs.length > 0 ? stateStore.read(tx, refs) : []),
    commit: commitAll,
    async moved(tx, organization_id, read_set) {
      const testedReads = read_set.filter(({ may_move }) => !may_move)
      if (testedReads.length === 0) return []
      const rows = await stateStore.lock(
        tx,
        testedReads.map((readVersion) => ({ ...readVersion, organization_id })),
      )
      const versions = new Map(rows.map((row) => [keyOf(row), row.version]))
      return testedReads.flatMap(({ scope, scope_id, document, version }) => {
        const current = versions.get(keyOf({ organization_id, scope, scope_id, document })) ?? 0
        return current === version ? [] : [{ scope, scope_id, document, version, current }]
      })
    },
  }
  const history: DocumentHistory = { differences: explainMoved }
  return { ...port, ...history, documents: createDocuments(options), global: createGlobalState(options) }
}

export type State = ReturnType<typeof createState>

function keyOf({ scope, scope_id, document }: DocumentRef): string {
  return `${scope} ${scope_id} ${document}`
}
