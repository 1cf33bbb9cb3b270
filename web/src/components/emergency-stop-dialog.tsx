import { listProjects, stopOrganization, stopProject } from '@muster/contract/projects/operations'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { act, queryClient, useApiWhen } from '../api/query.ts'
import { useSession } from '../providers/session.tsx'
import { TypedConfirm } from '../ui/dialog.tsx'
import { Choice } from '../ui/field.tsx'
import { toast, toastError } from '../ui/toast.tsx'

/** Stops everything below a scope at once, after a second step in which a word is typed. */
export function EmergencyStopDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { organization } = useSession()
  const { project } = useSearch({ from: '__root__' })
  const projects = useApiWhen(open, listProjects, { query: { limit: 200 } })
  const [scope, setScope] = useState<'organization' | 'project'>('organization')
  const chosen = projects.data?.items.find(({ id }) => id === project)
  const isProject = scope === 'project' && chosen !== undefined
  const raise = async (reason: string): Promise<void> => {
    try {
      if (isProject) await act(stopProject, { params: { id: chosen.id }, body: { reason } })
      else await act(stopOrganization, { params: { id: organization.id }, body: { reason } })
      toast('Emergency stop raised')
      await queryClient.invalidateQueries()
    } catch (error) {
      toastError(error, 'The stop could not be raised')
    }
  }
  return (
    <TypedConfirm
      open={open}
      onClose={onClose}
      title="Emergency stop"
      word="STOP"
      act="Stop now"
      reason={{ label: 'Reason, for the journal' }}
      onConfirm={(reason) => void raise(reason)}
    >
      <div className="flex flex-col gap-3">
        {chosen !== undefined && (
          <Choice
            label="What is stopped"
            value={scope}
            onChange={setScope}
            options={[
              ['organization', `All of ${organization.name}`],
              ['project', `Only ${chosen.name}`],
            ]}
          />
        )}
        <p>
          In {isProject ? chosen.name : organization.name} nothing will be claimed, judged, committed or timed out. Live
          leases are given back; answers to approvals are refused. What has been committed stays. Lifting the stop goes
          on where everything stood.
        </p>
      </div>
    </TypedConfirm>
  )
}
