import { changeProvider, createProvider, listProviders } from '@muster/contract/gateway/provider.operations'
import { type Provider, type ProviderKind, providerKinds } from '@muster/contract/gateway/providers'
import { limits } from '@muster/contract/limits'
import { useState } from 'react'
import { act, queryClient } from '../../../api/query.ts'
import { Checkbox, Field, Select, TextInput } from '../../../ui/field.tsx'
import { FormDialog } from '../../../ui/overlays/form-dialog.tsx'
import { toast } from '../../../ui/overlays/toast.tsx'
import { forgetTest } from './provider-tests.ts'

export const kindNames: Readonly<Record<ProviderKind, string>> = {
  openai: 'OpenAI-compatible',
  anthropic: 'Anthropic',
  gemini: 'Gemini',
}

const usual: Readonly<Record<ProviderKind, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
}

export interface ProviderEditorProps {
  /** Absent: a new one is added. */
  readonly provider?: Provider
  /** What a new one begins with. */
  readonly begun?: Pick<Provider, 'name' | 'kind' | 'base_url'>
  readonly onClose: () => void
}

/** Adds a provider, or changes its address or key. A key is typed once and never shown. */
export function ProviderEditor({ provider, begun, onClose }: ProviderEditorProps) {
  const [kind, setKind] = useState<ProviderKind>((provider ?? begun)?.kind ?? 'openai')
  const [base_url, setBaseUrl] = useState((provider ?? begun)?.base_url ?? usual.openai)
  const [forgets, setForgets] = useState(false)
  const save = async (form: FormData): Promise<void> => {
    const key = String(form.get('api_key') ?? '').trim()
    const connection = { base_url: base_url.trim(), ...(key !== '' && { api_key: key }) }
    const { name } =
      provider === undefined
        ? await act(createProvider, { body: { name: String(form.get('name')).trim(), kind, ...connection } })
        : await act(changeProvider, {
            params: { id: provider.id },
            body: { ...connection, ...(forgets && { api_key: null }) },
          })
    forgetTest(name)
    toast(provider === undefined ? `${name} added` : `${name} updated`)
    await queryClient.invalidateQueries({ queryKey: [listProviders.id] })
    onClose()
  }
  const moves = provider?.has_key && base_url.trim() !== provider.base_url
  return (
    <FormDialog
      stays
      title={provider === undefined ? 'Add provider' : `Edit ${provider.name}`}
      act={provider === undefined ? 'Add provider' : 'Save'}
      onClose={onClose}
      onSubmit={save}
    >
      {provider === undefined && (
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label="Name" hint="Letters, digits and . _ : @ -">
            <TextInput
              name="name"
              required
              defaultValue={begun?.name}
              maxLength={limits.name_characters_max}
              pattern="[A-Za-z0-9][A-Za-z0-9._:@\-]*"
              autoComplete="off"
            />
          </Field>
          <Field label="API type">
            <Select
              value={kind}
              options={providerKinds.map((one) => [one, kindNames[one]] as const)}
              onChange={({ target }) => {
                const next = providerKinds.find((one) => one === target.value) ?? 'openai'
                if (base_url === usual[kind]) setBaseUrl(usual[next])
                setKind(next)
              }}
            />
          </Field>
        </div>
      )}
      <Field label="Base URL" hint="Ends before /chat/completions">
        <TextInput
          type="url"
          required
          maxLength={limits.provider_url_characters_max}
          value={base_url}
          onChange={({ target }) => setBaseUrl(target.value)}
        />
      </Field>
      <Field
        label="API key"
        hint={
          provider?.has_key
            ? 'A key is saved. Leave empty to keep it.'
            : 'Stored encrypted and never shown again. Local servers may not need one.'
        }
      >
        <TextInput
          name="api_key"
          type="password"
          disabled={forgets}
          maxLength={limits.provider_key_characters_max}
          autoComplete="off"
          data-1p-ignore
        />
      </Field>
      {moves && (
        <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          Changing the URL deletes the saved key. Enter the key again to keep using it.
        </p>
      )}
      {provider?.has_key === true && (
        <div>
          <Checkbox
            label="Delete the saved key"
            checked={forgets}
            onChange={({ target }) => setForgets(target.checked)}
          />
        </div>
      )}
    </FormDialog>
  )
}
