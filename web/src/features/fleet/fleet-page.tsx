import { getFleetStatus } from '@muster/contract/dashboard/operations'
import { useSearch } from '@tanstack/react-router'
import { OctagonX, Plus } from 'lucide-react'
import { useState } from 'react'
import { useApi } from '../../api/query.ts'
import { AgentTable } from '../../components/agents/agent-table.tsx'
import { EmergencyStop } from '../../components/emergency-stop/emergency-stop.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Loading, QueryBoundary } from '../../ui/states.tsx'
import { Ago } from '../../ui/time.tsx'
import { Attention } from './attention.tsx'
import { Figures } from './figures.tsx'
import { RecentGoals } from './recent-goals.tsx'
import { UnworkedBanner } from './unworked-banner.tsx'

/** The fleet at a glance: what needs somebody first, how it runs, and who does what. */
export function FleetPage() {
  const { project } = useSearch({ from: '__root__' })
  const fleet = useApi(getFleetStatus, { query: project === undefined ? {} : { project_id: project } })
  const permission = usePermission()
  const [stopping, setStopping] = useState(false)
  return (
    <>
      <PageHead
        title="Fleet"
        facts={
          fleet.data && (
            <span>
              Updated <Ago at={fleet.data.at} />
            </span>
          )
        }
        actions={
          <>
            <Button
              variant="danger"
              icon={<OctagonX aria-hidden size={15} />}
              disabledReason={permission('fleet:stop').reason}
              onClick={() => setStopping(true)}
            >
              Emergency stop…
            </Button>
            <LinkButton to="/goals/new" variant="primary" icon={<Plus aria-hidden size={15} />}>
              New goal
            </LinkButton>
          </>
        }
      />
      <EmergencyStop open={stopping} onClose={() => setStopping(false)} />
      <QueryBoundary of={fleet} loading={<Loading lines={10} />}>
        {(status) => (
          <div className="flex flex-col gap-4">
            <UnworkedBanner queues={status.queues} />
            <Figures status={status} />
            <div className="grid grid-cols-1 items-start gap-4 2xl:grid-cols-2">
              <Attention items={status.needs_attention} />
              <RecentGoals />
            </div>
          </div>
        )}
      </QueryBoundary>
      <Panel title="Agents" flush className="mt-4">
        <AgentTable from="/" max_height="26rem" />
      </Panel>
    </>
  )
}
