import type { Agents } from '../modules/agents/agents.service.ts'
import type { Gateway } from '../modules/gateway/gateway.module.ts'
import type { RunBudgets } from '../modules/gateway/gateway.port.ts'
import type { Planner } from '../modules/planner/planner.module.ts'
import type { workerModule } from '../modules/worker/worker.module.ts'
import type { Tx } from '../platform/db/db.ts'
import { invariant } from '../platform/errors.ts'
import { isUuid } from '../platform/ids.ts'
import type { Presence } from './presence.ts'

interface Connected {
  readonly agents: Agents
  readonly gateway: Gateway
  readonly goals: Planner['goals']
  readonly leases: ReturnType<typeof workerModule>['leases']
  readonly keys: ReturnType<typeof workerModule>['keys']
}

/**
 * What earlier modules declare and later ones implement: the earlier ones get these from the start, and they lead to the
 * later ones as soon as those exist.
 */
export function createLinks() {
  let connected: Connected | undefined
  const later = (): Connected => {
    invariant(connected, 'a module was used before the program was put together')
    return connected
  }
  return {
    agents: {
      find: (tx: Tx, organization_id: string, ref: string) => later().agents.find(tx, organization_id, ref),
      resolve: (tx: Tx, organization_id: string, refs: readonly string[]) =>
        later().agents.resolve(tx, organization_id, refs),
      facts: (tx: Tx, organization_id: string, refs: readonly string[]) =>
        later().agents.facts(tx, organization_id, refs),
    },
    /** What artifacts need to know of runs and goals. */
    runs_and_goals: {
      async runOf(tx: Tx, organization_id: string, run_id: string) {
        return later().leases.run(tx, organization_id, run_id)
      },
      goalOf: (tx: Tx, organization_id: string, goal_id: string) => later().goals.place(tx, organization_id, goal_id),
      handedOut: (
        tx: Tx,
        organization_id: string,
        what: { readonly agent_id: string; readonly artifact_ids: readonly string[] },
      ) => later().leases.handedOut(tx, organization_id, what),
    },
    /** What budgets need to know of what limits are set on. There are no campaigns yet. */
    scopes: {
      async find(
        tx: Tx,
        organization_id: string,
        { kind, id }: { readonly kind: 'goal' | 'agent' | 'campaign'; readonly id: string },
      ) {
        if (kind === 'agent') return later().agents.find(tx, organization_id, id)
        if (kind === 'campaign' || !isUuid(id)) return undefined
        return (await later().goals.place(tx, organization_id, id)) && id
      },
      countLive: (
        tx: Tx,
        scopes: readonly { readonly organization_id: string; readonly scope_kind: string; readonly scope_id: string }[],
      ) => later().leases.countLive(tx, scopes),
      settled: () => later().gateway.settled(),
    },
    /** How approvals call what they are about. */
    titles: {
      of: (...asked: Parameters<Planner['goals']['titles']>) => later().goals.titles(...asked),
    },
    live_runs: {
      count: (tx: Tx, organization_id: string, agent_ids: readonly string[]) =>
        later().leases.countByAgent(tx, organization_id, agent_ids),
    },
    run_keys: {
      runOf: (credential: string) => later().keys.runOf(credential),
    },
    durations: {
      medians: (...asked: Parameters<Connected['leases']['medians']>) => later().leases.medians(...asked),
    },
    ...createLocalLinks(),
    connect(given: Connected) {
      connected = given
    },
  }
}

interface Local {
  onStopped(run_ids: readonly string[]): void
  readonly run_budgets: RunBudgets
}

/** The worker of this process, once it is there: told of runs ended from above, and knowing which processes are gone. */
function createLocalLinks() {
  let local: Local | undefined
  let presence: Pick<Presence, 'dead'> | undefined
  let address: string | undefined
  return {
    stopped: (run_ids: readonly string[]) => local?.onStopped(run_ids),
    deadProcesses: async () => (presence === undefined ? [] : presence.dead()),
    run_budgets: { of: (run_id: string | undefined) => local?.run_budgets.of(run_id) },
    /** Where this process listens, once it does. */
    address: () => address,
    listening(given: string) {
      address = given
    },
    attachLocal(given: Local) {
      local = given
    },
    attachPresence(given: Pick<Presence, 'dead'>) {
      presence = given
    },
  }
}
