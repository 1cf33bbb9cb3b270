import { listModels } from '@muster/contract/gateway/model.operations'
import { limits } from '@muster/contract/limits'
import type { Check } from '@muster/contract/projects/checks'
import type { Policy } from '@muster/contract/projects/policies'
import { Plus, Trash2 } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Field, Select, TextArea, TextInput } from '../../ui/field.tsx'
import { Tag } from '../../ui/status.tsx'
import { ShareInput } from './number-inputs.tsx'

type Rubric = Extract<Check, { readonly check: 'rubric' }>

interface MindsProps {
  readonly draft: Policy
  readonly onChange: (draft: Policy) => void
}

/** Where models plan and judge: who plans, what they score beside the rules, and how often a person looks after them. */
export function Minds({ draft, onChange }: MindsProps) {
  const models = useApi(listModels, { query: { limit: 200 } })
  const names = models.data?.items.map(({ name }) => name) ?? []
  return (
    <>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Planning model" hint="For goals without a plan.">
          <Select
            value={draft.planner_model ?? ''}
            options={[['', 'None (automatic)'], ...optionsOf(names, draft.planner_model)]}
            onChange={({ target }) => onChange(withPlanner(draft, target.value))}
          />
        </Field>
        <Field label="Spot-check rate" hint="Share of automatic commits to send for review; 0.05 is 5%.">
          <ShareInput value={draft.sample_share} onChange={(sample_share) => onChange({ ...draft, sample_share })} />
        </Field>
      </div>
      <Rubrics draft={draft} onChange={onChange} names={names} />
    </>
  )
}

function Rubrics({ draft, onChange, names }: MindsProps & { readonly names: readonly string[] }) {
  const { checks } = draft
  const replace = (at: number, next: Check | undefined): void =>
    onChange({ ...draft, checks: checks.flatMap((one, place) => (place !== at ? [one] : next ? [next] : [])) })
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="font-medium">Rubrics</legend>
      <p className="text-soft">A model scores results with these criteria, in addition to the checks.</p>
      {checks.map((one, at) =>
        one.check === 'rubric' ? (
          <RubricFields
            key={at}
            rubric={one}
            names={names}
            onChange={(next) => replace(at, next)}
            onRemove={() => replace(at, undefined)}
          />
        ) : null,
      )}
      <Button
        small
        className="self-start"
        icon={<Plus aria-hidden size={13} />}
        disabledReason={
          names.length === 0
            ? 'Add a model first'
            : checks.length >= limits.policy_checks_max && `Up to ${limits.policy_checks_max} checks`
        }
        onClick={() => onChange({ ...draft, checks: [...checks, newRubric(checks, names[0] ?? '')] })}
      >
        Add rubric
      </Button>
    </fieldset>
  )
}

function RubricFields(props: {
  readonly rubric: Rubric
  readonly names: readonly string[]
  readonly onChange: (rubric: Rubric) => void
  readonly onRemove: () => void
}) {
  const { rubric, names, onChange, onRemove } = props
  const { name, model, criteria, capabilities } = rubric.params
  const changeParams = (more: Partial<Rubric['params']>): void =>
    onChange({ ...rubric, params: { ...rubric.params, ...more } })
  const forCapabilities = (text: string): void => {
    const { capabilities: _before, ...rest } = rubric.params
    const capabilityNames = text.split(',').map((one) => one.trimStart())
    onChange({ ...rubric, params: text.trim() === '' ? rest : { ...rest, capabilities: capabilityNames } })
  }
  return (
    <fieldset className="rounded-md border border-line p-4">
      <legend className="px-1">
        <Tag tone="busy">{name || 'rubric'}</Tag>
      </legend>
      <div className="grid items-start gap-4 sm:grid-cols-3">
        <Field label="Name">
          <TextInput
            value={name}
            maxLength={limits.key_characters_max}
            onChange={({ target }) => changeParams({ name: target.value })}
          />
        </Field>
        <Field label="Scoring model">
          <Select
            value={model}
            options={optionsOf(names, model)}
            onChange={({ target }) => changeParams({ model: target.value })}
          />
        </Field>
        <Field label="Capabilities" hint="Separated by commas. Leave empty for all.">
          <TextInput
            value={capabilities?.join(',') ?? ''}
            spellCheck={false}
            onChange={({ target }) => forCapabilities(target.value)}
          />
        </Field>
      </div>
      <Field label="Criteria" className="mt-4">
        <TextArea rows={4} value={criteria} onChange={({ target }) => changeParams({ criteria: target.value })} />
      </Field>
      <div className="mt-3 flex flex-wrap items-end justify-between gap-3">
        <Field label="Weight" className="w-28">
          <ShareInput step={0.05} value={rubric.weight} onChange={(weight) => onChange({ ...rubric, weight })} />
        </Field>
        <IconButton label={`Remove ${name || 'rubric'}`} icon={<Trash2 aria-hidden size={15} />} onClick={onRemove} />
      </div>
    </fieldset>
  )
}

function newRubric(checks: readonly Check[], model: string): Rubric {
  const number = checks.filter(({ check }) => check === 'rubric').length + 1
  return {
    check: 'rubric',
    severity: 'warning',
    weight: 0.5,
    measures: 'quality',
    violation_from: 0.5,
    params: { name: `rubric-${number}`, model, criteria: 'It answers what was asked, completely and in plain words.' },
  }
}

function withPlanner(draft: Policy, name: string): Policy {
  const { planner_model: _before, ...rest } = draft
  return name === '' ? rest : { ...rest, planner_model: name }
}

/** The models there are, and the one that is chosen even where it is gone. */
function optionsOf(names: readonly string[], own: string | undefined): readonly (readonly [string, string])[] {
  const all = own === undefined || names.includes(own) ? names : [own, ...names]
  return all.map((name) => [name, name] as const)
}
