import { useNavigate, useSearch } from '@tanstack/react-router'
import { PageHead } from '../../ui/panel.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Calls } from './calls/calls.tsx'
import { ModelList } from './model-list.tsx'
import { Providers } from './providers/providers.tsx'

/** The minds of the fleet: the names that calls use, who answers them, and what was asked. */
export function ModelsPage() {
  const { tab = 'models' } = useSearch({ from: '/models' })
  const navigate = useNavigate({ from: '/models' })
  return (
    <>
      <PageHead title="Models" facts="Manage models and routing" />
      <div className="rounded-lg border border-line bg-surface">
        <Tabs
          value={tab}
          onChange={(next) => void navigate({ to: '/models', search: ({ project }) => ({ project, tab: next }) })}
          tabs={[
            { value: 'models', label: 'Models', content: <ModelList /> },
            { value: 'providers', label: 'Providers', content: <Providers /> },
            { value: 'calls', label: 'Calls', content: <Calls /> },
          ]}
        />
      </div>
    </>
  )
}
