import { attentionTable } from '@muster/contract/attention'
import type { Permission } from '@muster/contract/permissions'
import type { Severity } from '@muster/contract/platform/severities'
import type { TenantTx } from '../../../platform/db/db.ts'
import type { ReadScope } from '../../../platform/db/read-scope.ts'
import type { AttentionItem, AttentionSource } from '../../../platform/module/attention-source.ts'
import { ranked } from '../rules/attention.rules.ts'

interface Reader {
  readonly permissions: ReadonlySet<Permission>
  readonly services: ReadonlySet<string>
}

export interface FoundAttention {
  /** Everything that was found, also what the caller may not see. */
  readonly all: readonly AttentionItem[]
  /** What the caller may see, the gravest first. */
  readonly shown: readonly ShownAttention[]
}

/** Asks every module what needs a person's attention now. */
export async function findAttention(
  sources: readonly AttentionSource[],
  tx: TenantTx,
  { scope, reader }: { readonly scope: ReadScope; readonly reader: Reader },
): Promise<FoundAttention> {
  const { permissions, services } = reader
  const all = (await Promise.all(sources.map((source) => source.read(tx, scope, { services })))).flat()
  return { all, shown: ranked(all, permissions).map(presented) }
}

export interface ShownAttention extends AttentionItem {
  readonly severity: Severity
}

function presented(item: AttentionItem): ShownAttention {
  const { kind, ...rest } = item
  return { kind, severity: attentionTable[kind].severity, ...rest }
}
