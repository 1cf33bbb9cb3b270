import { listModels } from '@muster/contract/gateway/model.operations'
import { getPolicy } from '@muster/contract/projects/operations'
import { Link } from '@tanstack/react-router'
import { useApi, useApiWhen } from '../../../../api/query.ts'
import { Field, Select } from '../../../../ui/field.tsx'
import type { Draft } from '../draft.ts'

/** Which model plans: the one that the project's policy names, or another. */
export function PlannerChoice(props: {
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
  readonly error: string | undefined
}) {
  const { draft, change, error } = props
  const { project_id, model } = draft
  const models = useApi(listModels, { query: { limit: 200 } })
  const policy = useApiWhen(project_id !== undefined, getPolicy, { params: { id: project_id ?? '' } })
  const own = policy.data?.policy.planner_model
  const names = [...new Set([...(models.data?.items.map(({ name }) => name) ?? []), model])].filter(
    (name) => name !== '',
  )
  return (
    <div className="flex flex-col gap-1">
      <Field
        label="Planning model"
        hint="Its cost counts toward the goal’s budgets."
        error={error}
        className="max-w-md"
      >
        <Select
          value={model}
          options={[
            ['', own === undefined ? 'Select a model' : `${own} (project default)`],
            ...names.map((name) => [name, name] as const),
          ]}
          onChange={({ target }) => change({ model: target.value })}
        />
      </Field>
      {models.data?.items.length === 0 && (
        <p className="text-soft">
          No models yet.{' '}
          <Link to="/models" className="text-accent underline underline-offset-2">
            Add model
          </Link>
          .
        </p>
      )}
    </div>
  )
}
