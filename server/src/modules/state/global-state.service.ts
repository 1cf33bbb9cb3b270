import type { GlobalStateUpdate } from '@muster/contract/state/global-state'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import { applyUpdate, asObject, global_document, listIn } from './global-state.rules.ts'
import { commitAll } from './operations/commit.ts'
import type { DocumentRef } from './state.port.ts'
import { stateStore } from './state.store.ts'

interface GlobalStateOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly identity: Pick<IdentityPort, 'findScope'>
}

/** An agent's document `global`, under the names of the earlier systems. */
export function createGlobalState({ transactions, journal, identity }: GlobalStateOptions) {
  async function agentOf(tx: Tx, { organization_id }: Caller, ref: string) {
    const agent = await identity.findScope(tx, { organization_id, kind: 'agent', ref })
    if (!agent) throw notFound('agent', ref)
    return agent
  }

  return {
    get: (caller: Caller, agentRef: string) =>
      transactions.read(caller, async (tx) => {
        const { id: agent_id, name } = await agentOf(tx, caller, agentRef)
        const row = await stateStore.find(tx, refOf(caller, agent_id), undefined)
        const value = asObject(row && JSON.parse(row.value))
        return {
          agent_id,
          name,
          state_version: row?.version ?? 0,
          value,
          goals: listIn(value, 'goals'),
          campaigns: listIn(value, 'campaigns'),
          ...(row && { last_updated: row.committed_at }),
        }
      }),

    /** A commit without a task, whose read is the version that the caller says it has read. */
    update: (caller: Caller, update: GlobalStateUpdate) =>
      transactions.write(caller, async (tx) => {
        const agent = await agentOf(tx, caller, update.agent_id)
        if (agent.stopped) throw stoppedError(agent.name)
        const ref = refOf(caller, agent.id)
        const row = await stateStore.find(tx, ref, undefined)
        if ((row?.version ?? 0) !== update.input_state_version) throw conflictError(update, row?.version ?? 0)
        const value = applyUpdate(asObject(row && JSON.parse(row.value)), update)
        const { commit_id, version } = await write(tx, { caller, ref, value, update })
        const { organization_id, principal: actor } = caller
        const { commit_hash } = update
        const documents = [{ document: global_document, scope: 'agent', scope_id: agent.id, version }]
        const data = { commit_id, documents, ...(commit_hash !== undefined && { commit_hash }) }
        journal.record(tx, organization_id, [{ type: 'state.committed', actor, data }])
        return { updated: true, new_state_version: version, commit_id }
      }),
  }
}

function refOf({ organization_id }: Caller, scope_id: string): DocumentRef {
  return { organization_id, scope: 'agent', scope_id, document: global_document }
}

async function write(
  tx: Tx,
  {
    caller,
    ref,
    value,
    update,
  }: {
    readonly caller: Caller
    readonly ref: DocumentRef
    readonly value: unknown
    readonly update: GlobalStateUpdate
  },
): Promise<{ readonly commit_id: string; readonly version: number }> {
  const { organization_id, ...address } = ref
  const [outcome] = await commitAll(tx, [
    {
      organization_id,
      project_id: null,
      goal_id: null,
      task_id: null,
      run_id: null,
      committed_by: caller.principal,
      read_set: [{ ...address, version: update.input_state_version }],
      operations: [{ ...address, op: 'set', path: '', value: JSON.stringify(value) }],
    },
  ])
  invariant(outcome, 'a commit has an outcome')
  if (outcome.outcome === 'invalid') throw invalid('updates', outcome.reason)
  if (outcome.outcome === 'committed')
    return { commit_id: outcome.commit_id, version: outcome.written[0]?.version ?? 0 }
  throw conflictError(update, outcome.moved[0]?.current ?? 0)
}

function conflictError({ input_state_version }: GlobalStateUpdate, current: number): MusterError {
  return new MusterError('occ_conflict', `The state is at version ${current}, not ${input_state_version}.`, {
    field: 'input_state_version',
    value: input_state_version,
    current,
    remedy: 'Read the state again and retry with its current version.',
  })
}

function stoppedError(name: string): MusterError {
  return new MusterError('stopped', `Agent ${name} has an active emergency stop; nothing is committed.`, {
    value: name,
    remedy: 'Lift the emergency stop first.',
  })
}
