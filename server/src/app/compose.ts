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
import { createGuardedFetch } from '../modules/tools/adapters/guarded-fetch.ts'
import { createPool } from '../modules/tools/pool.service.ts'
import { createTools } from '../modules/tools/tools.service.ts'
import { workerModule } from '../modules/worker/worker.module.ts'
import { createDirectoryBlobs } from '../platform/blobs/directory.ts'
import type { Config } from '../platform/config.ts'
import type { DataDirectory } from '../platform/data-directory.ts'
import { maintenanceJob } from '../platform/db/maintenance.ts'
import { createRequestTransactions, removeOldIdempotencyKeys } from '../platform/db/request-transactions.ts'
import { createDispatch } from '../platform/dispatch/dispatch.ts'
import { createRelay } from '../platform/dispatch/relay.ts'
import { createJournalLag } from '../platform/journal/lag.ts'
import { createJournal, type Journal } from '../platform/journal/record.ts'
import { createJournalRetention } from '../platform/journal/retention.ts'
import { createSealedSignal } from '../platform/journal/sealed.ts'
import { createSealedState } from '../platform/journal/sealed-state.ts'
import { createVerifier } from '../platform/journal/verify.ts'
import type { Log } from '../platform/log.ts'
import type { Job, Manifest } from '../platform/module.ts'
import type { SecretBox } from '../platform/secrets.ts'
import { openBounded } from './bounded.ts'
import type { OpenedDatabase } from './database.ts'
import { createLinks } from './links.ts'
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

/**
 * Builds every module in the order of `modules.ts`, by plain function calls. The value `engine` goes to planner, worker,
 * judge, approvals, budgets and the platform, and to nobody else but agents, whose presence is swept for all tenants, and
 * the gateway, which writes the calls of all tenants in batches.
 */
export function compose(options: ComposeOptions) {
  const { config, database } = options
  const { engine } = database
  const { shared, built: first, links, sealed, threads, identity } = composeMeans(options)
  const { transactions, approvals, agents } = shared
  const planner = plannerModule({ ...shared, durations: links.durations })
  const worker = workerModule({
    ...shared,
    identity,
    planner: planner.planner.port,
    log_days: config.log_days,
    run_days: config.run_days,
    onStopped: links.stopped,
    deadProcesses: links.deadProcesses,
  })
  const judge = judgeModule({ ...shared, planner: planner.planner.port, worker: worker.worker })
  const processes = () => engine.transact((tx) => worker.processes.list(tx))
  const lag = createJournalLag({ engine })
  const dashboard = dashboardModule({
    transactions,
    lag,
    processes,
    verify: createVerifier({ engine }),
    sealed_state: createSealedState({ engine }),
    worker: worker.told,
    judge: judge.judge,
    state: shared.state,
  })

  for (const subject of [...planner.planner.subjects, worker.subject, judge.judge.subject]) approvals.register(subject)
  planner.planner.register(worker.worker.planned_kind)
  if (config.services.includes('judge')) worker.worker.register(judge.judge.kind)
  links.connect({
    agents,
    gateway: shared.gateway,
    goals: planner.planner.goals,
    leases: worker.leases,
    keys: worker.keys,
  })

  const built = [...first, planner, worker, judge, dashboard]
  return {
    ...shared,
    identity,
    planner: planner.planner,
    worker: worker.worker,
    told: worker.told,
    judge: judge.judge,
    dashboard: dashboard.dashboard,
    leases: worker.leases,
    run_keys: worker.keys,
    lag,
    sealed,
    links,
    threads,
    manifests: [housekeeping(options, shared.journal), ...built.map(({ manifest }) => manifest)],
  }
}

export type Program = ReturnType<typeof compose>

/** What everything stands on, and the means: identity to tools. */
function composeMeans({ config, database, directory, secrets, log }: ComposeOptions) {
  const { db, engine, epoch } = database
  const links = createLinks()
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
  const pool = createPool({})
  const bounded = openBounded()
  const threads = createStack()
  threads.use(pool)
  threads.use(bounded)
  const tools = createTools({ pool, fetch: createGuardedFetch({}) })
  const base = { db, transactions, engine, journal, dispatch, log, bounded }

  const identity = identityModule({ ...base, agents: links.agents, run_keys: links.run_keys })
  const projects = projectsModule(base)
  const blobs = openBlobs({ config, directory, log })
  const artifacts = artifactsModule({
    ...base,
    projects: projects.projects,
    blobs,
    runs_and_goals: links.runs_and_goals,
  })
  const state = stateModule({ ...base, projects: projects.projects, agents: links.agents })
  const budgets = budgetsModule({ ...base, projects: projects.projects, scopes: links.scopes })
  const approvals = approvalsModule({
    ...base,
    identity: identity.identity,
    projects: projects.projects,
    titles: links.titles,
  })
  const gateway = gatewayModule({
    ...base,
    projects: projects.projects,
    budgets: budgets.budgets,
    goals: links.runs_and_goals,
    secrets,
    addresses: config.model_addresses,
    attempt_days: config.attempt_days,
    run_budgets: links.run_budgets,
  })
  const agents = agentsModule({
    ...base,
    projects: projects.projects,
    live_runs: links.live_runs,
    live_run_limits: budgets.budgets,
    builtin_capabilities: new Set(tools.capabilities.keys()),
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
    tools,
    secrets,
  }
  const built = [identity, projects, artifacts, state, budgets, approvals, gateway, agents]
  return { shared, built, links, sealed, threads, identity: identity.identity }
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
