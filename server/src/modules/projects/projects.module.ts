import type { Manifest } from '../../platform/module.ts'
import { projectRoutes } from './projects.routes.ts'
import { createProjects, type Projects, type ProjectsOptions } from './projects.service.ts'

/** Builds the module; its routes also stop the whole organization, since that stops its projects. */
export function projectsModule(options: ProjectsOptions): { readonly projects: Projects; readonly manifest: Manifest } {
  const projects = createProjects(options)
  return { projects, manifest: { name: 'projects', routes: projectRoutes(projects) } }
}
