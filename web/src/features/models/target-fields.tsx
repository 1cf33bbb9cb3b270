import { limits } from '@muster/contract/limits'
import { Trash2 } from 'lucide-react'
import { useId } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Checkbox, Field, Select, TextInput } from '../../ui/field.tsx'
import { type Problems, type TargetDraft, tokenClasses } from './model-draft.ts'
import { useNamedModels } from './providers/provider-tests.ts'

export interface TargetFieldsProps {
  readonly target: TargetDraft
  readonly at: number
  readonly providers: readonly string[]
  readonly problems: Problems
  readonly pinned: boolean
  readonly onPin: (on: boolean) => void
  readonly onChange: (target: TargetDraft) => void
  /** Absent: it is the only one, and one there has to be. */
  readonly onRemove: (() => void) | undefined
}

/** One model of one provider, its share of the calls, and what it costs. */
export function TargetFields(props: TargetFieldsProps) {
  const { target, at, providers, problems, pinned, onPin, onChange, onRemove } = props
  const { provider, model, weight, prices, output_tokens_max } = target
  const list_id = useId()
  const modelNames = useNamedModels(provider)
  const errorAt = (field: string): string | undefined => problems.get(`targets.${at}.${field}`)
  return (
    <fieldset className="rounded-md border border-line p-4">
      <legend className="px-1 font-medium">Target {at + 1}</legend>
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.5fr)_5.5rem_8rem]">
        <Field label="Provider" error={errorAt('provider')}>
          <Select
            value={provider}
            options={[['', 'Select'], ...withOwn(providers, provider).map((name) => [name, name] as const)]}
            onChange={({ target: field }) => onChange({ ...target, provider: field.value })}
          />
        </Field>
        <Field label="Model ID" error={errorAt('model')}>
          <TextInput
            value={model}
            list={list_id}
            maxLength={limits.name_characters_max}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target: field }) => onChange({ ...target, model: field.value })}
          />
        </Field>
        <Field label="Weight" error={errorAt('weight')}>
          <TextInput
            inputMode="numeric"
            value={weight}
            onChange={({ target: field }) => onChange({ ...target, weight: field.value })}
          />
        </Field>
        <Field label="Max output tokens" error={errorAt('output_tokens_max')}>
          <TextInput
            inputMode="numeric"
            value={output_tokens_max}
            onChange={({ target: field }) => onChange({ ...target, output_tokens_max: field.value })}
          />
        </Field>
      </div>
      <datalist id={list_id}>
        {modelNames.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <p className="mt-1 text-[0.93rem] text-soft">
        Weight is the share of calls; 0 is used only for failover. Max output tokens are reserved for calls without
        their own maximum.
      </p>
      <fieldset className="mt-4">
        <legend className="mb-1 font-medium">Prices (USD / 1M tokens)</legend>
        <div className="grid grid-cols-2 items-start gap-3 sm:grid-cols-5">
          {tokenClasses.map((one) => (
            <Field key={one.name} label={one.label} error={errorAt(`prices.${one.name}`)}>
              <TextInput
                inputMode="decimal"
                value={prices[one.name]}
                {...('price_of' in one && { placeholder: `Same as ${one.price_of}` })}
                onChange={({ target: field }) =>
                  onChange({ ...target, prices: { ...prices, [one.name]: field.value } })
                }
              />
            </Field>
          ))}
        </div>
      </fieldset>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
        <Checkbox
          label="Pin: send all calls to this target"
          checked={pinned}
          onChange={(event) => onPin(event.target.checked)}
        />
        <IconButton
          label={`Remove target ${at + 1}`}
          disabledReason={onRemove === undefined && 'A model needs at least one target'}
          icon={<Trash2 aria-hidden size={15} />}
          onClick={onRemove}
        />
      </div>
    </fieldset>
  )
}

/** The providers there are, and the one that is chosen even where the list has not arrived. */
function withOwn(providers: readonly string[], own: string): readonly string[] {
  return own === '' || providers.includes(own) ? providers : [own, ...providers]
}
