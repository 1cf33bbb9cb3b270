import { fragment } from '../../platform/db/sql.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import { projectsRoutes } from './projects.routes.ts'
import { createProjects, type Projects, type ProjectsOptions } from './projects.service.ts'
import { createStopAttention } from './stop-attention.service.ts'

const search: SearchSource = {
  kind: 'project',
  by: ['title'],
  rows: fragment`select organization_id, project_id as id, name as title, null::int as number, project_id,
    null::uuid as goal_id, status from projects_names_v`,
}

/** Builds the module; its routes also stop the whole organization, since that stops its projects. */
export function projectsModule(options: ProjectsOptions & { readonly identity: Pick<IdentityPort, 'findScopes'> }): {
  readonly projects: Projects
  readonly manifest: Manifest
} {
  const projects = createProjects(options)
  return {
    projects,
    manifest: {
      name: 'projects',
      routes: projectsRoutes(projects),
      attention: [createStopAttention(options.identity)],
      search: [search],
    },
  }
}
