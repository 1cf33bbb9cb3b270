import type { Manifest } from '../../platform/module/module.ts'
import { stateRoutes } from './state.routes.ts'
import { createState, type State, type StateOptions } from './state.service.ts'
import { keySearchStore } from './store/key-search.store.ts'

export function stateModule(options: StateOptions): { readonly state: State; readonly manifest: Manifest } {
  const state = createState(options)
  return {
    state,
    manifest: {
      name: 'state',
      routes: stateRoutes(state),
      search: [{ kind: 'document', keys: keySearchStore.documents }],
    },
  }
}
