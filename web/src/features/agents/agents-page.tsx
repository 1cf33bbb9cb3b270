import { useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { AgentTable } from '../../components/agents/agent-table.tsx'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { AgentEditor } from './agent-editor.tsx'

/** Everybody who does work. */
export function AgentsPage() {
  const permission = usePermission()
  const navigate = useNavigate()
  const [making, setMaking] = useState(false)
  return (
    <>
      <PageHead
        title="Agents"
        facts="Built-in, model, command-line and remote agents"
        actions={
          <Button
            variant="primary"
            icon={<Plus aria-hidden size={15} />}
            disabledReason={permission('agents:write').reason}
            onClick={() => setMaking(true)}
          >
            New agent
          </Button>
        }
      />
      <Panel flush label="Agents">
        <AgentTable from="/agents" max_height="calc(100dvh - 14rem)" />
      </Panel>
      {making && (
        <AgentEditor
          agent={undefined}
          onClose={() => setMaking(false)}
          onDone={({ id }) => void navigate({ to: '/agents/$agent_id', params: { agent_id: id } })}
        />
      )}
    </>
  )
}
