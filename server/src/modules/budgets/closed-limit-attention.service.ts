import type { TenantTx } from '../../platform/db/db.ts'
import { type AttentionItem, type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import { type ClosedLimit, limitsStore } from './store/limits.store.ts'

/** Limits of which more was used than they allow, as what needs attention. */
export function createClosedLimitAttention(identity: Pick<IdentityPort, 'findScopes'>): AttentionSource {
  return {
    async read(tx, scope) {
      const limits = await limitsStore.closed(tx, scope)
      const names = await namesOf(identity, tx, { organization_id: scope.organization_id, limits })
      return limits.map((limit) => itemOf(limit, names))
    },
  }
}

async function namesOf(
  identity: Pick<IdentityPort, 'findScopes'>,
  tx: TenantTx,
  { organization_id, limits }: { readonly organization_id: string; readonly limits: readonly ClosedLimit[] },
): Promise<ReadonlyMap<string, string>> {
  const scopes = await Promise.all(
    (['agent', 'goal'] as const).map((kind) =>
      identity.findScopes(tx, {
        organization_id,
        kind,
        refs: limits.flatMap(({ scope_kind, scope_id }) => (scope_kind === kind ? [scope_id] : [])),
      }),
    ),
  )
  return new Map(scopes.flatMap((found) => [...found].map(([id, { name }]) => [id, name])))
}

function itemOf(limit: ClosedLimit, names: ReadonlyMap<string, string>): AttentionItem {
  const { id, scope_kind, scope_id, budget_window, window_start, created_at, project_name } = limit
  const name = project_name ?? names.get(scope_id) ?? 'the organization'
  const row = {
    id,
    project_id: scope_kind === 'project' ? scope_id : null,
    goal_id: scope_kind === 'goal' ? scope_id : null,
    title: `Budget limit reached: ${name}`,
    since: budget_window === 'day' ? window_start : created_at,
  }
  return attentionItem(
    ['budget_closed', 'budget'],
    row,
    `Raise the budget in the dashboard, or call PUT /api/v1/budgets/${id}.`,
  )
}
