import { listProjects } from '@muster/contract/projects/operations'
import { useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../api/query.ts'
import { Empty, QueryBoundary } from '../ui/states.tsx'
import { NewGoalLink } from './new-goal-link.tsx'

export interface OfProjectProps {
  /** What belongs to a project here: `State`, `Policy`. */
  readonly what: string
  readonly children: (project: { readonly id: string; readonly name: string }) => ReactNode
}

/** For what belongs to one project: that of the address, else the newest. */
export function OfProject({ what, children }: OfProjectProps) {
  const { project } = useSearch({ from: '__root__' })
  const projects = useApi(listProjects, { query: { limit: 200 } })
  return (
    <QueryBoundary of={projects}>
      {({ items }) => {
        const currentProject = items.find(({ id }) => id === project) ?? items[0]
        if (currentProject !== undefined) return children(currentProject)
        return (
          <Empty title="No projects yet" action={<NewGoalLink />}>
            {what} belongs to a project. Your first goal creates one.
          </Empty>
        )
      }}
    </QueryBoundary>
  )
}
