import { createProject, getProject, listProjects } from '@muster/contract/projects/operations'
import type { Project } from '@muster/contract/projects/projects'
import type { Client } from '@muster/sdk/client'
import { take } from '../context.ts'
import { usage } from '../failures.ts'

/** The project that goals of the command line go to when none is named. */
export const default_project_name = 'default'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Finds a project: by id, by name, else the only one, else the one named `default`, which is created where that is
 * allowed.
 */
export async function findProject(
  client: Client,
  projectRef: string | undefined,
  { make = false } = {},
): Promise<Project> {
  if (projectRef !== undefined && uuid.test(projectRef)) return client.call(getProject, { params: { id: projectRef } })
  const projects = await take(client.list(listProjects, { query: { limit: 200 } }), 1_000)
  const projectsWithName = projects.filter(({ name }) => name === (projectRef ?? default_project_name))
  const [first] = projectsWithName
  if (first !== undefined && projectsWithName.length === 1) return first
  if (projectsWithName.length > 1)
    throw usage(`several projects are named ${projectRef ?? default_project_name}; use the project ID`)
  if (projectRef !== undefined) throw usage(`no project named ${projectRef}`)
  const [only] = projects
  if (only !== undefined && projects.length === 1) return only
  if (make) return client.call(createProject, { body: { name: default_project_name } })
  throw usage(projects.length === 0 ? 'there are no projects yet' : 'there are several projects; use --project')
}
