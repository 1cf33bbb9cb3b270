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
    const body = { name: textOf('name'), description: textOf('description') }
    const time_zone = textOf('time_zone')
    // Another time zone is another day of the budgets, which not everybody may change.
    const zone = time_zone === project?.time_zone ? {} : { time_zone }
    if (project) await act(changeProject, { params: { id: project.id }, body: { ...body, ...zone } })
    else await act(createProject, { body: { ...body, time_zone } })
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
        {['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone.includes('/'))].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </FormDialog>
  )
}

/** That of the browser, where it has an area; `UTC` for bare offsets and abbreviations. */
function ownTimeZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return timeZone?.includes('/') ? timeZone : 'UTC'
}
