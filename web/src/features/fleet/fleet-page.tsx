import { getFleetStatus } from '@muster/contract/operations/dashboard'
import { useSearch } from '@tanstack/react-router'
import { OctagonX, Plus } from 'lucide-react'
import { useState } from 'react'
import { useApi } from '../../api/query.ts'
import { useMay } from '../../frame/session.tsx'
import { AgentTable } from '../../parts/agent-table.tsx'
import { EmergencyStop } from '../../parts/emergency-stop.tsx'
import { LinkButton } from '../../parts/link-button.tsx'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Answer, Loading } from '../../ui/states.tsx'
import { Ago } from '../../ui/time.tsx'
import { Attention } from './attention.tsx'
import { Figures } from './figures.tsx'
import { RecentGoals } from './recent-goals.tsx'
import { UnworkedBanner } from './unworked-banner.tsx'

/** The fleet at a glance: what needs somebody first, how it runs, and who does what. */
export function FleetPage() {
  const { project } = useSearch({ from: '__root__' })
  const fleet = useApi(getFleetStatus, { query: project === undefined ? {} : { project_id: project } })
  const may = useMay()
  const [stopping, setStopping] = useState(false)
  return (
    <>
      <PageHead
        title="Fleet"
        facts={
          fleet.data && (
            <span>
              As of <Ago at={fleet.data.at} />
            </span>
          )
        }
        actions={
          <>
            <Button
              look="danger"
              icon={<OctagonX aria-hidden size={15} />}
              denied={may('fleet:stop')}
              onClick={() => setStopping(true)}
            >
              Emergency stop…
            </Button>
            <LinkButton to="/goals/new" look="primary" icon={<Plus aria-hidden size={15} />}>
              State a goal
            </LinkButton>
          </>
        }
      />
      <EmergencyStop open={stopping} onClose={() => setStopping(false)} />
      <Answer of={fleet} loading={<Loading lines={10} />}>
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
      </Answer>
      <Panel title="Agents" flush className="mt-4">
        <AgentTable from="/" max_height="26rem" />
      </Panel>
    </>
  )
}
