import { listProjects, pauseProject, resumeProject } from '@muster/contract/projects/operations'
import type { Project } from '@muster/contract/projects/projects'
import { cutText } from '@muster/contract/texts/graphemes'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { ProjectDialog } from './project-dialog.tsx'

/** Where missions live. */
export function Projects() {
  const projects = useApi(listProjects, { query: { limit: 200 } })
  const permission = usePermission()
  const [adding, setAdding] = useState(false)
  return (
    <div className="p-4 md:p-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">Each project has its own policy, state, budgets and events.</p>
        <Button
          variant="primary"
          icon={<Plus aria-hidden size={15} />}
          disabledReason={permission('projects:write').reason}
          onClick={() => setAdding(true)}
        >
          New project
        </Button>
      </div>
      <QueryBoundary of={projects}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No projects yet">Your first goal creates one, or create one here.</Empty>
          ) : (
            <ul className="divide-y divide-line rounded-md border border-line" aria-label="Projects">
              {items.map((project) => (
                <Line key={project.id} project={project} disabledReason={permission('projects:write').reason} />
              ))}
            </ul>
          )
        }
      </QueryBoundary>
      {adding && <ProjectDialog onClose={() => setAdding(false)} />}
    </div>
  )
}

function Line({ project, disabledReason }: { readonly project: Project; readonly disabledReason: string | undefined }) {
  const { id, name, description, status, oversight, policy_version, time_zone, created_at } = project
  const [editing, setEditing] = useState(false)
  const change = async (operation: typeof pauseProject | typeof resumeProject, successText: string): Promise<void> => {
    try {
      await act(operation, { params: { id } })
      toast(successText)
    } catch (error) {
      toastError(error, `${name} was not changed`)
    }
    await queryClient.invalidateQueries({ queryKey: [listProjects.id] })
  }
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <span className="min-w-48 flex-1">
        <Link to="/goals" search={{ project: id }} className="font-medium underline-offset-2 hover:underline">
          {name}
        </Link>
        <span className="block text-[0.93rem] text-soft">
          {words(oversight)} oversight, policy v{policy_version}, {time_zone}, created <Ago at={created_at} />
          {description !== undefined && description !== '' && `: ${cutText(description, 120)}`}
        </span>
      </span>
      <Status state={status} />
      <Ident id={id} />
      <Button small disabledReason={disabledReason} onClick={() => setEditing(true)}>
        Edit
      </Button>
      {status === 'paused' ? (
        <Button small disabledReason={disabledReason} onClick={() => void change(resumeProject, `${name} resumed`)}>
          Resume
        </Button>
      ) : (
        <Button
          small
          disabledReason={disabledReason ?? (status === 'stopped' && 'An emergency stop is active')}
          onClick={() => void change(pauseProject, `${name} paused`)}
        >
          Pause
        </Button>
      )}
      {editing && <ProjectDialog project={project} onClose={() => setEditing(false)} />}
    </li>
  )
}
