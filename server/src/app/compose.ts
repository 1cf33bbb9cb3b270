import { agentsModule } from '../modules/agents/agents.module.ts'
import { approvalsModule } from '../modules/approvals/approvals.module.ts'
import { artifactsModule } from '../modules/artifacts/artifacts.module.ts'
import { budgetsModule } from '../modules/budgets/budgets.module.ts'
import { dashboardModule } from '../modules/dashboard/dashboard.module.ts'
import { gatewayModule } from '../modules/gateway/gateway.module.ts'
import { identityModule } from '../modules/identity/identity.module.ts'
import { judgeModule } from '../modules/judge/judge.module.ts'
import { plannerModule } from '../modules/planner/planner.module.ts'
import { projectsModule } from '../modules/projects/projects.module.ts'
import { stateModule } from '../modules/state/state.module.ts'
import { toolsModule } from '../modules/tools/tools.module.ts'
import { workerModule } from '../modules/worker/worker.module.ts'
import { createDirectoryBlobs } from '../platform/blobs/directory.ts'
import type { Config } from '../platform/config.ts'
import type { DataDirectory } from '../platform/data-directory.ts'
import { maintenanceJob } from '../platform/db/maintenance.ts'
import { createRequestTransactions, removeOldIdempotencyKeys } from '../platform/db/request-transactions.ts'
import { createDispatch } from '../platform/dispatch/dispatch.ts'
import { createRelay } from '../platform/dispatch/relay.ts'
import { createExtensions } from '../platform/extension-point.ts'
import { createJournalLag } from '../platform/journal/lag.ts'
import { createJournal, type Journal } from '../platform/journal/record.ts'
import { createJournalRetention } from '../platform/journal/retention.ts'
import { createSealedSignal } from '../platform/journal/sealed-signal.ts'
import { createSealedState } from '../platform/journal/sealed-state.ts'
import { createVerifier } from '../platform/journal/verify.ts'
import type { Log } from '../platform/log.ts'
import type { Job, Manifest } from '../platform/module.ts'
import type { SecretBox } from '../platform/secrets.ts'
import { openBounded } from './bounded.ts'
import type { OpenedDatabase } from './database.ts'
import { engineModules, type ModuleName } from './modules.ts'
import { createStack } from './stack.ts'

export interface ComposeOptions {
  readonly config: Config
  readonly database: OpenedDatabase
  readonly directory: Pick<DataDirectory, 'path'>
  /** Keeps the keys of providers. */
  readonly secrets: SecretBox
  readonly log: Log
}

const hour_ms = 3_600_000

/** Builds every module in the order of `modules.ts`, by plain function calls, and connects their extension points. */
export function compose(options: ComposeOptions) {
  const { config, database } = options
  const { engine } = database
  const { shared, built: first, extensions, sealed, threads, identity, given } = composeMeans(options)
  let address: string | undefined
  const planner = plannerModule({ ...shared, ...given('planner') })
  const worker = workerModule({
    ...shared,
    ...given('worker'),
    config,
    identity,
    planner: planner.planner.port,
    log_days: config.log_days,
    run_days: config.run_days,
    outageAt: database.outageAt,
    address: () => address,
  })
  const judge = judgeModule({
    ...shared,
    ...given('judge'),
    planner: planner.planner.port,
    worker: worker.worker,
    services: config.services,
  })
  const lag = createJournalLag({ engine })
  const dashboard = dashboardModule({
    ...given('dashboard'),
    lag,
    processes: () => engine.transact((tx) => worker.processes.list(tx)),
    verify: createVerifier({ engine }),
    sealed_state: createSealedState({ engine }),
  })
  const manifests = [...first, planner, worker, judge, dashboard].map(({ manifest }) => manifest)
  extensions.connect(manifests.flatMap(({ extensions = [] }) => extensions.flat()))
  return {
    ...shared,
    engine,
    extensions,
    identity,
    planner: planner.planner,
    worker: worker.worker,
    local: worker.local,
    leases: worker.leases,
    run_keys: worker.run_keys,
    judge: judge.judge,
    dashboard: dashboard.dashboard,
    lag,
    sealed,
    threads,
    manifests: [housekeeping(options, shared.journal), ...manifests],
    /** Where this process listens, once it does. */
    listening(given: string) {
      address = given
    },
  }
}

export type Program = ReturnType<typeof compose>

/** What everything stands on, and the means: identity to tools. */
function composeMeans({ config, database, directory, secrets, log }: ComposeOptions) {
  const { db, engine, epoch } = database
  const extensions = createExtensions()
  const transactions = createRequestTransactions(db)
  const relay = config.database_url === undefined ? undefined : createRelay({ engine, log })
  const dispatch = createDispatch(relay)
  const sealed = createSealedSignal()
  const seals = config.services.includes('scheduler')
  const journal = createJournal({
    epoch,
    onRecorded() {
      dispatch.wake('journal')
      if (!seals) relay?.('journal')
    },
  })
  const tools = toolsModule()
  const bounded = openBounded()
  const threads = createStack()
  threads.use(tools.threads)
  threads.use(bounded)
  const base = { db, transactions, journal, dispatch, log, bounded, extensions }
  const given = <Name extends ModuleName>(name: Name) => givenTo(name, base, engine)

  const identity = identityModule(given('identity'))
  const named = { identity: identity.identity }
  const projects = projectsModule(given('projects'))
  const blobs = openBlobs({ config, directory, log })
  const artifacts = artifactsModule({ ...given('artifacts'), ...named, projects: projects.projects, blobs })
  const state = stateModule({ ...given('state'), ...named, projects: projects.projects })
  const budgets = budgetsModule({ ...given('budgets'), ...named, projects: projects.projects })
  const approvals = approvalsModule({
    ...given('approvals'),
    ...named,
    projects: projects.projects,
  })
  const gateway = gatewayModule({
    ...given('gateway'),
    ...named,
    projects: projects.projects,
    budgets: budgets.budgets,
    secrets,
    addresses: config.model_addresses,
    attempt_days: config.attempt_days,
  })
  const agents = agentsModule({
    ...given('agents'),
    projects: projects.projects,
    budgets: budgets.budgets,
    builtin_capabilities: new Set(tools.tools.capabilities.keys()),
  })
  const shared = {
    ...base,
    projects: projects.projects,
    artifacts: artifacts.artifacts,
    state: state.state,
    budgets: budgets.budgets,
    approvals: approvals.approvals,
    gateway: gateway.gateway,
    agents: agents.agents,
    tools: tools.tools,
    secrets,
  }
  const built = [identity, projects, artifacts, state, budgets, approvals, gateway, agents, tools]
  return { shared, built, extensions, sealed, threads, identity: identity.identity, given }
}

type EngineModule = (typeof engineModules)[number]

/** What a module is built with: `engine`, which sees every tenant, goes to the modules listed for it and to no other. */
export function givenTo<Name extends ModuleName, Base extends object, Engine>(
  name: Name,
  base: Base,
  engine: Engine,
): Base & (Name extends EngineModule ? { readonly engine: Engine } : unknown) {
  const given = engineModules.some((listed) => listed === name) ? { ...base, engine } : base
  // The list decides at run time what the type says.
  return given as Base & (Name extends EngineModule ? { readonly engine: Engine } : unknown)
}

function openBlobs({ config, directory, log }: Pick<ComposeOptions, 'config' | 'directory' | 'log'>) {
  return createDirectoryBlobs({
    directory: `${directory.path}/blobs`,
    durable: !config.fast,
    onDamaged: (ref) => log.error({ ...ref }, 'Content in the blob store is damaged or missing.'),
  })
}

/** What no module owns: idempotency keys, the journal's age, and the care of the embedded database. */
function housekeeping({ config, database }: ComposeOptions, journal: Journal): Manifest {
  const run = async (): Promise<void> => void (await database.engine.transact(removeOldIdempotencyKeys))
  const retire = createJournalRetention({ engine: database.engine, journal, days: config.journal_days })
  const jobs: Job[] = [
    { name: 'platform.idempotency', every_ms: hour_ms, run },
    { name: 'journal.retention', every_ms: hour_ms, run: retire },
  ]
  if (database.source.engine === 'pglite') jobs.push(maintenanceJob(database))
  return { name: 'platform', routes: [], jobs }
}
