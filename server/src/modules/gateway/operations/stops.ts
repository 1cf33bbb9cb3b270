/** Whether an emergency stop is in force for a call that no attempt is made for. */
import type { Engine } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { ProjectsPort, StopScope } from '../../projects/projects.port.ts'
import type { CallScopes } from '../gateway.port.ts'

export interface StopsOptions {
  readonly engine: Engine
  readonly projects: { readonly stops: Pick<ProjectsPort['stops'], 'inForce'> }
}

/** Throws `stopped`. */
export type StopTest = (scopes: CallScopes) => Promise<void>

export function createStopTest({ engine, projects }: StopsOptions): StopTest {
  return async (scopes) => {
    const stopped = await engine.transact((tx) => projects.stops.inForce(tx, stopScopes(scopes)))
    if (stopped.size > 0) throw new MusterError('stopped', 'An emergency stop is in force: no model is called.')
  }
}

function stopScopes({ organization_id, project_id, agent_id }: CallScopes): readonly StopScope[] {
  const scopes: (StopScope | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}
