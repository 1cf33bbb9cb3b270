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
import { runtimesModule } from '../modules/runtimes/runtimes.module.ts'
import { stateModule } from '../modules/state/state.module.ts'
import { toolsModule } from '../modules/tools/tools.module.ts'
import { workerModule } from '../modules/worker/worker.module.ts'
import type { Engine } from '../platform/db/db.ts'
import type { Means } from './means.ts'
import type { ProgramBuilder } from './program-builder.ts'

/**
 * The modules in the one order there is, one line each: a module is given what earlier ones offer, and imports only their
 * ports and extension points. With `engine` it may see every tenant at once: what crosses tenants is claimed, settled,
 * swept and judged there.
 */
export function addModules(program: ProgramBuilder<Engine, Means, object>) {
  return program
    .addWithEngine('identity', identityModule)
    .add('projects', projectsModule)
    .add('artifacts', artifactsModule)
    .add('state', stateModule)
    .addWithEngine('budgets', budgetsModule)
    .addWithEngine('approvals', approvalsModule)
    .addWithEngine('gateway', gatewayModule)
    .add('tools', toolsModule)
    .addWithEngine('agents', agentsModule)
    .addWithEngine('planner', plannerModule)
    .addWithEngine('runtimes', runtimesModule)
    .addWithEngine('worker', workerModule)
    .addWithEngine('judge', judgeModule)
    .add('dashboard', dashboardModule)
}
