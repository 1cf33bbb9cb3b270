import { createProject, listProjects, pauseProject, resumeProject } from '@muster/contract/operations/projects'
import type { Project } from '@muster/contract/shapes/projects'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { useMay } from '../../frame/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Field, TextInput } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Ident } from '../../ui/ident.tsx'
import { Answer, Empty } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { tell, tellError } from '../../ui/toast.tsx'

/** Where missions live. */
export function Projects() {
  const projects = useApi(listProjects, { query: { limit: 200 } })
  const may = useMay()
  const [adding, setAdding] = useState(false)
  return (
    <div className="p-4 md:p-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">A project has its own policy, state, budgets and events.</p>
        <Button
          look="primary"
          icon={<Plus aria-hidden size={15} />}
          denied={may('projects:write')}
          onClick={() => setAdding(true)}
        >
          New project
        </Button>
      </div>
      <Answer of={projects}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No project yet">The first goal makes one, or you make one here.</Empty>
          ) : (
            <ul className="divide-y divide-line rounded-md border border-line" aria-label="Projects">
              {items.map((project) => (
                <Line key={project.id} project={project} denied={may('projects:write')} />
              ))}
            </ul>
          )
        }
      </Answer>
      {adding && <AddProject onClose={() => setAdding(false)} />}
    </div>
  )
}

function Line({ project, denied }: { readonly project: Project; readonly denied: string | undefined }) {
  const { id, name, description, status, oversight, policy_version, created_at } = project
  const change = async (operation: typeof pauseProject | typeof resumeProject, done: string): Promise<void> => {
    try {
      await act(operation, { params: { id } })
      tell(done)
    } catch (error) {
      tellError(error, `${name} stays as it was`)
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
          {oversight} oversight, policy {policy_version}, made <Ago at={created_at} />
          {description !== undefined && description !== '' && `: ${description.slice(0, 120)}`}
        </span>
      </span>
      <Status state={status} />
      <Ident id={id} />
      {status === 'paused' ? (
        <Button small denied={denied} onClick={() => void change(resumeProject, `${name} goes on`)}>
          Resume
        </Button>
      ) : (
        <Button
          small
          denied={denied ?? (status === 'stopped' && 'An emergency stop holds')}
          onClick={() => void change(pauseProject, `${name} is paused`)}
        >
          Pause
        </Button>
      )}
    </li>
  )
}

function AddProject({ onClose }: { readonly onClose: () => void }) {
  const add = async (form: FormData): Promise<void> => {
    await act(createProject, { body: { name: String(form.get('name')) } })
    await queryClient.invalidateQueries({ queryKey: [listProjects.id] })
    tell('The project is made')
    onClose()
  }
  return (
    <FormDialog title="New project" act="Make it" onClose={onClose} onSubmit={add}>
      <Field label="Name">
        <TextInput name="name" required maxLength={200} autoFocus />
      </Field>
    </FormDialog>
  )
}
