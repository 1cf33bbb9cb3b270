import { listProjects, stopOrganization, stopProject } from '@muster/contract/projects/operations'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { act, queryClient, useApiWhen } from '../../api/query.ts'
import { useSession } from '../../providers/session.tsx'
import { Choice } from '../../ui/field.tsx'
import { TypedConfirm } from '../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'

/** Stops everything below a scope at once, after a second step in which a word is typed. */
export function EmergencyStopDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { organization } = useSession()
  const { project } = useSearch({ from: '__root__' })
  const projects = useApiWhen(open, listProjects, { query: { limit: 200 } })
  const [scope, setScope] = useState<'organization' | 'project'>('organization')
  const currentProject = projects.data?.items.find(({ id }) => id === project)
  const isProject = scope === 'project' && currentProject !== undefined
  const raise = async (reason: string): Promise<void> => {
    try {
      if (isProject) await act(stopProject, { params: { id: currentProject.id }, body: { reason } })
      else await act(stopOrganization, { params: { id: organization.id }, body: { reason } })
      toast('Emergency stop active')
      await queryClient.invalidateQueries()
    } catch (error) {
      toastError(error, 'Could not start the emergency stop')
    }
  }
  return (
    <TypedConfirm
      open={open}
      onClose={onClose}
      title="Emergency stop"
      word="STOP"
      act="Stop"
      reason={{ label: 'Reason' }}
      onConfirm={(reason) => void raise(reason)}
    >
      <div className="flex flex-col gap-3">
        {currentProject !== undefined && (
          <Choice
            label="Scope"
            value={scope}
            onChange={setScope}
            options={[
              ['organization', `All of ${organization.name}`],
              ['project', `Only ${currentProject.name}`],
            ]}
          />
        )}
        <p>
          All work in “{isProject ? currentProject.name : organization.name}” stops. Active runs are interrupted and
          approvals cannot be answered. Committed results stay. When you lift the stop, work continues.
        </p>
      </div>
    </TypedConfirm>
  )
}
