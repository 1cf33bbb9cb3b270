import { type Fragment, fragment } from './sql.ts'

/** What a screen looks at: an organization, or one project of it. */
export interface ReadScope {
  readonly organization_id: string
  readonly project_id: string | undefined
}

/** Rows of the scope, in a table or view that has both columns. */
export function inScope({ organization_id, project_id }: ReadScope): Fragment {
  if (project_id === undefined) return fragment`organization_id = ${organization_id}`
  return fragment`organization_id = ${organization_id} and project_id = ${project_id}`
}
