import { AgentTable } from '../../parts/agent-table.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'

/** Everybody who does work. */
export function AgentsPage() {
  return (
    <>
      <PageHead title="Agents" facts="Who does work: the built-in agent, and remote ones that you bring." />
      <Panel flush label="Agents">
        <AgentTable from="/agents" max_height="calc(100dvh - 14rem)" />
      </Panel>
    </>
  )
}
