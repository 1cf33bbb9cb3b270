import { limits } from '@muster/contract/limits'
import { createProject, listProjects } from '@muster/contract/projects/operations'
import { useEffect, useState } from 'react'
import { useAct, useApi } from '../../../api/query.ts'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { Field, Select, TextInput } from '../../../ui/field.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'

/** Which project the goal belongs to; one can be made here by its name alone. */
export function ProjectChoice(props: {
  readonly value: string | undefined
  readonly onChange: (project_id: string) => void
  /** Why another cannot be chosen now. */
  readonly fixed: string | undefined
  readonly error: string | undefined
}) {
  const { value, onChange, fixed, error } = props
  const projects = useApi(listProjects, { query: { limit: limits.page_size_max } })
  const items = projects.data?.items
  const [making, setMaking] = useState(false)
  const isKnown = items?.some(({ id }) => id === value)
  useEffect(() => {
    const first = items?.[0]
    if (isKnown === false && first !== undefined) onChange(first.id)
  }, [items, isKnown, onChange])
  if (items !== undefined && (items.length === 0 || making)) {
    return (
      <NewProject
        isFirst={items.length === 0}
        onBack={() => setMaking(false)}
        onMade={(id) => {
          setMaking(false)
          onChange(id)
        }}
      />
    )
  }
  return (
    <div className="flex items-end gap-2">
      <Field label="Project" className="min-w-0 flex-1" error={error ?? projects.error?.message} hint={fixed}>
        <Select
          value={value ?? ''}
          disabled={fixed !== undefined}
          options={(items ?? []).map(({ id, name }) => [id, name] as const)}
          onChange={({ target }) => onChange(target.value)}
        />
      </Field>
      {fixed === undefined && <Button onClick={() => setMaking(true)}>New project</Button>}
    </div>
  )
}

function NewProject(props: {
  readonly isFirst: boolean
  readonly onBack: () => void
  readonly onMade: (id: string) => void
}) {
  const { isFirst, onBack, onMade } = props
  const permission = usePermission()
  const [name, setName] = useState('')
  const make = useAct(createProject, {
    invalidates: [listProjects],
    onDone: (project) => {
      toast(`Project created: ${project.name}`)
      onMade(project.id)
    },
  })
  const go = (): void => make.mutate({ body: { name: name.trim() } })
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Field
        label="New project name"
        className="min-w-0 flex-1 basis-48"
        hint={isFirst ? 'Projects group goals with their policy, state and budgets.' : undefined}
        error={make.error?.message}
      >
        <TextInput
          value={name}
          maxLength={limits.name_characters_max}
          onChange={({ target }) => setName(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || name.trim() === '') return
            event.preventDefault()
            go()
          }}
        />
      </Field>
      <Button
        busy={make.isPending}
        disabledReason={permission('projects:write').reason ?? (name.trim() === '' && 'Enter a name')}
        onClick={go}
      >
        Create project
      </Button>
      {!isFirst && (
        <Button variant="ghost" onClick={onBack}>
          Use an existing project
        </Button>
      )}
    </div>
  )
}
