import {
  changeProject,
  createProject,
  getPolicy,
  getProject,
  liftOrganizationStop,
  liftProjectStop,
  listPolicyVersions,
  listProjects,
  pauseProject,
  putPolicy,
  resumeProject,
  rollBackPolicy,
  stopOrganization,
  stopProject,
} from '@muster/contract/projects/operations'
import { answer, expectedVersion, type Route, route } from '../../platform/http/route.ts'
import type { Projects } from './projects.service.ts'

export function projectsRoutes(projects: Projects): readonly Route[] {
  const { policies, emergency } = projects
  return [
    route(listProjects, ({ caller, query }) => projects.list(caller, query)),
    route(createProject, ({ caller, body }) => projects.create(caller, body)),
    route(getProject, ({ caller, params }) => projects.get(caller, params.id)),
    route(changeProject, ({ caller, params, body }) => projects.change(caller, params.id, body)),
    route(pauseProject, ({ caller, params }) => projects.pause(caller, params.id)),
    route(resumeProject, ({ caller, params }) => projects.resume(caller, params.id)),
    route(stopProject, ({ caller, params, body }) => emergency.raise(caller, 'project', { ...params, ...body })),
    route(liftProjectStop, ({ caller, params }) => emergency.lift(caller, 'project', params.id)),
    route(stopOrganization, ({ caller, params, body }) =>
      emergency.raise(caller, 'organization', { ...params, ...body }),
    ),
    route(liftOrganizationStop, ({ caller, params }) => emergency.lift(caller, 'organization', params.id)),
    route(getPolicy, async ({ caller, params }) => withEtag(await policies.get(caller, params.id))),
    route(putPolicy, async ({ caller, params, body, headers }) =>
      withEtag(await policies.put(caller, params.id, { policy: body, if_match: expectedVersion(headers) })),
    ),
    route(listPolicyVersions, ({ caller, params, query }) => policies.versions(caller, params.id, query)),
    route(rollBackPolicy, async ({ caller, params, body }) =>
      withEtag(await policies.rollBack(caller, params.id, body.version)),
    ),
  ]
}

function withEtag<T extends { readonly version: number }>(data: T) {
  return answer(data, { headers: { etag: `"${data.version}"` } })
}
