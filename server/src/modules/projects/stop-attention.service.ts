import type { Tx } from '../../platform/db/db.ts'
import { type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import { type StopInForce, stopsStore } from './stops.store.ts'

const stop_paths = { organization: 'orgs', project: 'projects', agent: 'agents' } as const

/** Emergency stops in force, as what needs attention. */
export function createStopAttention(identity: Pick<IdentityPort, 'findScopes'>): AttentionSource {
  return {
    async read(tx, scope) {
      const stops = await stopsStore.allInForce(tx, scope)
      const names = await agentNames(identity, tx, { organization_id: scope.organization_id, stops })
      return stops.map((stop) => {
        const { scope_kind, scope_id, reason, raised_at, project_name } = stop
        const name = project_name ?? names.get(scope_id) ?? 'the organization'
        const row = {
          id: scope_id,
          project_id: scope_kind === 'project' ? scope_id : null,
          goal_id: null,
          title: reason === '' ? `Emergency stop: ${name}` : `Emergency stop: ${name} (${reason})`,
          since: raised_at,
        }
        const remedy = `Lift the stop in the dashboard, or call DELETE /api/v1/${stop_paths[scope_kind]}/${scope_id}/stop.`
        return attentionItem(['stop', scope_kind], row, remedy)
      })
    },
  }
}

async function agentNames(
  identity: Pick<IdentityPort, 'findScopes'>,
  tx: Tx,
  { organization_id, stops }: { readonly organization_id: string; readonly stops: readonly StopInForce[] },
): Promise<ReadonlyMap<string, string>> {
  const refs = stops.flatMap(({ scope_kind, scope_id }) => (scope_kind === 'agent' ? [scope_id] : []))
  const agents = await identity.findScopes(tx, { organization_id, kind: 'agent', refs })
  return new Map([...agents].map(([id, { name }]) => [id, name]))
}
