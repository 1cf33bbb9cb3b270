import { listProjects } from '@muster/contract/operations/projects'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/query.ts'
import { PageHead } from '../../ui/panel.tsx'
import { Answer, Empty } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Budgets } from './budgets.tsx'
import { Health } from './health.tsx'
import { Keys } from './keys.tsx'
import { Policy } from './policy.tsx'
import { Projects } from './projects.tsx'

/** What holds for the organization and its projects. */
export function SettingsPage() {
  const { tab = 'policy' } = useSearch({ from: '/settings' })
  const navigate = useNavigate({ from: '/settings' })
  return (
    <>
      <PageHead title="Settings" />
      <div className="rounded-lg border border-line bg-surface">
        <Tabs
          value={tab}
          onChange={(next) =>
            void navigate({ to: '/settings', search: (before) => ({ ...before, tab: next, version: undefined }) })
          }
          tabs={[
            {
              value: 'policy',
              label: 'Policy',
              content: <OfProject>{(id, name) => <Policy key={id} project_id={id} name={name} />}</OfProject>,
            },
            { value: 'budgets', label: 'Budgets', content: <Budgets /> },
            { value: 'projects', label: 'Projects', content: <Projects /> },
            { value: 'keys', label: 'Keys', content: <Keys /> },
            { value: 'health', label: 'Health', content: <Health /> },
          ]}
        />
      </div>
    </>
  )
}

/** The project of the address, else the newest. */
function OfProject({ children }: { readonly children: (id: string, name: string) => ReactNode }) {
  const { project } = useSearch({ from: '/settings' })
  const projects = useApi(listProjects, { query: { limit: 200 } })
  return (
    <Answer of={projects}>
      {({ items }) => {
        const chosen = items.find(({ id }) => id === project) ?? items[0]
        if (chosen !== undefined) return children(chosen.id, chosen.name)
        return (
          <Empty
            title="No project yet"
            action={
              <Link to="/goals/new" className="text-accent underline">
                State a goal
              </Link>
            }
          >
            Policy belongs to a project. The first goal makes one.
          </Empty>
        )
      }}
    </Answer>
  )
}
