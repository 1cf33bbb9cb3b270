import { createModel, listModels, putModel } from '@muster/contract/gateway/model.operations'
import type { Model } from '@muster/contract/gateway/models'
import { listProviders } from '@muster/contract/gateway/provider.operations'
import { limits } from '@muster/contract/limits'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { act, useApi } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
import { Field, Select, TextInput } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast } from '../../ui/overlays/toast.tsx'
import { Fallbacks } from './fallbacks.tsx'
import { definitionOf, draftOf, type ModelDraft, newTarget, type Problems, timeouts } from './model-draft.ts'
import { refreshModels } from './refresh-models.ts'
import { TargetFields } from './target-fields.tsx'

export interface ModelEditorProps {
  /** Absent: a new one is made. */
  readonly model: Model | undefined
  readonly onClose: () => void
  readonly onDone: (model: Model) => void
}

/** Where the calls of a name lead. What is saved is the next version, and calls go there from then on. */
export function ModelEditor({ model, onClose, onDone }: ModelEditorProps) {
  const providers = useApi(listProviders, { query: { limit: 200 } })
  const [draft, setDraft] = useState(() => draftOf(model))
  const [problems, setProblems] = useState<Problems>(new Map())
  const change = (more: Partial<ModelDraft>): void => setDraft((before) => ({ ...before, ...more }))
  const names = providers.data?.items.map(({ name }) => name) ?? []
  const save = async (): Promise<void> => {
    const result = definitionOf(draft)
    setProblems('problems' in result ? result.problems : new Map())
    if ('problems' in result) throw new Error(`Fix the errors above: ${summary(result.problems)}`)
    const savedModel =
      model === undefined
        ? await act(createModel, { body: { name: draft.name.trim(), ...result.definition } })
        : await act(putModel, { params: { name: model.name }, body: result.definition })
    toast(`${savedModel.name} saved (v${savedModel.version})`)
    await refreshModels()
    onClose()
    onDone(savedModel)
  }
  return (
    <FormDialog
      wide
      stays
      title={model === undefined ? 'New model' : `Edit ${model.name}`}
      description={
        model === undefined
          ? 'A name for model calls. It routes to models of your providers.'
          : `Saved as v${model.version + 1}. v${model.version} stays available to restore.`
      }
      act={model === undefined ? 'Create model' : 'Save as new version'}
      onClose={onClose}
      onSubmit={save}
    >
      {model === undefined && (
        <Field label="Name" hint="The model parameter in API calls. Letters, digits and . _ : @ -" className="max-w-md">
          <TextInput
            required
            maxLength={limits.name_characters_max}
            pattern="[A-Za-z0-9][A-Za-z0-9._:@\-]*"
            autoComplete="off"
            value={draft.name}
            onChange={({ target }) => change({ name: target.value })}
          />
        </Field>
      )}
      <Targets draft={draft} change={change} problems={problems} providers={names} />
      <Behaviour draft={draft} change={change} problems={problems} />
    </FormDialog>
  )
}

interface PartProps {
  readonly draft: ModelDraft
  readonly change: (more: Partial<ModelDraft>) => void
  readonly problems: Problems
}

function Targets({ draft, change, problems, providers }: PartProps & { readonly providers: readonly string[] }) {
  const { targets, pinned } = draft
  return (
    <div className="flex flex-col gap-3">
      <ol className="flex flex-col gap-3" aria-label="Targets">
        {targets.map((target, at) => (
          <li key={target.id}>
            <TargetFields
              target={target}
              at={at}
              providers={providers}
              problems={problems}
              pinned={pinned === target.id}
              onPin={(on) => change({ pinned: on ? target.id : null })}
              onChange={(next) => change({ targets: targets.map((one) => (one.id === target.id ? next : one)) })}
              onRemove={
                targets.length === 1
                  ? undefined
                  : () => change({ targets: targets.filter(({ id }) => id !== target.id) })
              }
            />
          </li>
        ))}
      </ol>
      <Button
        small
        className="self-start"
        icon={<Plus aria-hidden size={13} />}
        disabledReason={targets.length >= limits.model_targets_max && `Up to ${limits.model_targets_max}`}
        onClick={() => change({ targets: [...targets, newTarget(targets.at(-1)?.provider)] })}
      >
        Add target
      </Button>
    </div>
  )
}

const brokenStreams = [
  ['error', 'Return an error'],
  ['restart', 'Retry from the start'],
  ['continue', 'Continue where it stopped'],
] as const

/** What happens when a target fails, and how long is waited for it. */
function Behaviour({ draft, change, problems }: PartProps) {
  const models = useApi(listModels, { query: { limit: 200 } })
  const others = [...(models.data?.items.map(({ name }) => name) ?? []), 'offline'].filter((one) => one !== draft.name)
  return (
    <details className="rounded-md border border-line p-4" open={hasProblems(problems) || undefined}>
      <summary className="cursor-pointer font-medium">Failover and timeouts</summary>
      <div className="mt-4 flex flex-col gap-4">
        <Fallbacks value={draft.fallbacks} others={others} onChange={(fallbacks) => change({ fallbacks })} />
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label="Retries" hint="Per target, before the next one." error={problems.get('retries')}>
            <TextInput
              inputMode="numeric"
              value={draft.retries}
              onChange={({ target }) => change({ retries: target.value })}
            />
          </Field>
          <Field label="On client disconnect" hint="Cancel charges the reserved amount. Finish charges actual usage.">
            <Select
              value={draft.on_client_gone}
              options={[
                ['cancel', 'Cancel the request'],
                ['drain', 'Finish the request'],
              ]}
              onChange={({ target }) => change({ on_client_gone: target.value === 'drain' ? 'drain' : 'cancel' })}
            />
          </Field>
        </div>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field
            label="When a stream breaks"
            hint="Applies after the first token. Before it, another attempt takes over."
          >
            <Select
              value={draft.on_broken_stream}
              options={brokenStreams}
              onChange={({ target }) =>
                change({ on_broken_stream: brokenStreams.find(([one]) => one === target.value)?.[0] ?? 'error' })
              }
            />
          </Field>
          <Field
            label="Cache answers (seconds)"
            hint="Identical requests get the cached answer. Leave empty to turn off."
            error={problems.get('cache') ?? problems.get('cache.ttl_ms')}
          >
            <TextInput
              inputMode="decimal"
              value={draft.cache}
              onChange={({ target }) => change({ cache: target.value })}
            />
          </Field>
        </div>
        <fieldset>
          <legend className="mb-1 font-medium">Timeouts (seconds)</legend>
          <div className="grid grid-cols-2 items-start gap-4 sm:grid-cols-4">
            {timeouts.map(({ name, label }) => (
              <Field key={name} label={label} error={problems.get(`timeouts.${name}`)}>
                <TextInput
                  inputMode="decimal"
                  value={draft.timeouts[name]}
                  onChange={({ target }) => change({ timeouts: { ...draft.timeouts, [name]: target.value } })}
                />
              </Field>
            ))}
          </div>
        </fieldset>
      </div>
    </details>
  )
}

/** Whether something is wrong among what is folded away. */
function hasProblems(problems: Problems): boolean {
  return [...problems.keys()].some((place) => !place.startsWith('targets'))
}

function summary(problems: Problems): string {
  const [first] = problems
  return first === undefined ? '' : `${first[0]}: ${first[1]}`
}
