import { useNavigate, useSearch } from '@tanstack/react-router'
import { PageHead } from '../../ui/panel.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Accounts } from './accounts.tsx'
import { Budgets } from './budgets.tsx'
import { Spent } from './spent.tsx'

/** What the fleet costs: what was spent and on what, the limits that hold it, and whether the books add up. */
export function CostsPage() {
  const { tab = 'spent' } = useSearch({ from: '/costs' })
  const navigate = useNavigate({ from: '/costs' })
  return (
    <>
      <PageHead title="Costs" />
      <div className="rounded-lg border border-line bg-surface">
        <Tabs
          value={tab}
          onChange={(next) => void navigate({ to: '/costs', search: (before) => ({ ...before, tab: next }) })}
          tabs={[
            { value: 'spent', label: 'Spent', content: <Spent /> },
            { value: 'budgets', label: 'Budgets', content: <Budgets /> },
            { value: 'accounts', label: 'Reconciliation', content: <Accounts /> },
          ]}
        />
      </div>
    </>
  )
}
