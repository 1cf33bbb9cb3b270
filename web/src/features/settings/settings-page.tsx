import { useNavigate, useSearch } from '@tanstack/react-router'
import { OfProject } from '../../components/of-project.tsx'
import { PageHead } from '../../ui/panel.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Agreement } from './agreement.tsx'
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
              content: (
                <OfProject what="Policy">{({ id, name }) => <Policy key={id} project_id={id} name={name} />}</OfProject>
              ),
            },
            { value: 'judge', label: 'Judge', content: <Agreement /> },
            { value: 'projects', label: 'Projects', content: <Projects /> },
            { value: 'keys', label: 'Keys', content: <Keys /> },
            { value: 'health', label: 'Health', content: <Health /> },
          ]}
        />
      </div>
    </>
  )
}
