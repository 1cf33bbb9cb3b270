import { changeProject, createProject, listProjects } from '@muster/contract/projects/operations'
import type { Project } from '@muster/contract/projects/projects'
import { act, queryClient } from '../../api/query.ts'
import { Field, TextArea, TextInput } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast } from '../../ui/overlays/toast.tsx'

/** Makes a project, or changes the one that is given. */
export function ProjectDialog({
  project,
  onClose,
}: {
  readonly project?: Project | undefined
  readonly onClose: () => void
}) {
  const save = async (form: FormData): Promise<void> => {
    const textOf = (name: string): string => String(form.get(name) ?? '').trim()
    const body = { name: textOf('name'), description: textOf('description'), time_zone: textOf('time_zone') }
    if (project) await act(changeProject, { params: { id: project.id }, body })
    else await act(createProject, { body })
    await queryClient.invalidateQueries({ queryKey: [listProjects.id] })
    toast(project ? 'Project saved' : 'Project created')
    onClose()
  }
  return (
    <FormDialog
      title={project ? 'Edit project' : 'New project'}
      act={project ? 'Save' : 'Create project'}
      onClose={onClose}
      onSubmit={save}
    >
      <Field label="Name">
        <TextInput name="name" required maxLength={200} autoFocus defaultValue={project?.name} />
      </Field>
      <Field label="Description">
        <TextArea name="description" rows={2} defaultValue={project?.description} />
      </Field>
      <Field label="Time zone" hint="Daily budgets start at midnight in this time zone.">
        <TextInput
          name="time_zone"
          required
          maxLength={64}
          list="time-zones"
          defaultValue={project?.time_zone ?? ownTimeZone()}
        />
      </Field>
      <datalist id="time-zones">
        {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </FormDialog>
  )
}

const ownTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
