import { listProjects } from '@muster/contract/projects/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useApi } from '../../api/query.ts'
import { Select } from '../../ui/field.tsx'

/** Which project the pages show; none: all of them. It stands in the address, so a link says it too. */
export function ProjectSwitcher() {
  const { project } = useSearch({ from: '__root__' })
  const navigate = useNavigate()
  const projects = useApi(listProjects, { query: { limit: 200 } })
  const items = projects.data?.items ?? []
  return (
    <Select
      aria-label="Project"
      value={project ?? ''}
      className="border-line bg-sunken"
      options={[
        ['', 'All projects'],
        ...items.map(({ id, name, status }): [string, string] => [
          id,
          status === 'active' ? name : `${name} (${status})`,
        ]),
      ]}
      onChange={({ target }) =>
        void navigate({
          to: '.',
          search: (before) => ({ ...before, project: target.value === '' ? undefined : target.value }),
        })
      }
    />
  )
}
