import { deleteProvider, listProviders } from '@muster/contract/gateway/provider.operations'
import type { Provider } from '@muster/contract/gateway/providers'
import { KeyRound, Pencil, Plus, Server, Stethoscope } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient } from '../../../api/query.ts'
import { More, useMore } from '../../../components/lists/pages.tsx'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { plural } from '../../../ui/format.ts'
import { TypedConfirm } from '../../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../../ui/overlays/toast.tsx'
import { Empty, Failed, Loading } from '../../../ui/states.tsx'
import { Status, Tag } from '../../../ui/status.tsx'
import { Ago } from '../../../ui/time.tsx'
import { Discovered, type Found } from './discovered.tsx'
import { kindNames, ProviderEditor } from './provider-editor.tsx'
import { forgetTest, type Tested, test, useTested } from './provider-tests.ts'

/** Who answers calls of models. Keys are kept sealed and never shown. */
export function Providers() {
  const providers = useMore<Provider>(listProviders, {})
  const permission = usePermission()
  const [editing, setEditing] = useState<Provider | 'new' | { readonly begun: Found }>()
  const [removing, setRemoving] = useState<Provider>()
  const write = permission('models:write').reason
  const add = (
    <Button
      variant="primary"
      icon={<Plus aria-hidden size={15} />}
      disabledReason={write}
      onClick={() => setEditing('new')}
    >
      Add provider
    </Button>
  )
  return (
    <div className="p-4">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">API keys are stored encrypted and sent only to the provider’s base URL.</p>
        {providers.items.length > 0 && add}
      </div>
      <Discovered disabledReason={write} onAdd={(provider) => setEditing({ begun: provider })} />
      {providers.isPending ? (
        <Loading />
      ) : providers.error !== null && providers.items.length === 0 ? (
        <Failed error={providers.error} onRetry={() => void providers.refetch()} />
      ) : providers.items.length === 0 ? (
        <Empty title="No providers yet" icon={<Server aria-hidden size={28} strokeWidth={1.5} />} action={add}>
          Connect an OpenAI-compatible API, Anthropic or Gemini. Local servers need{' '}
          <code className="font-mono">MUSTER_MODEL_ADDRESSES=loopback</code>.
        </Empty>
      ) : (
        <ul className="grid gap-3 lg:grid-cols-2" aria-label="Providers">
          {providers.items.map((provider) => (
            <Card
              key={provider.id}
              provider={provider}
              disabledReason={write}
              onEdit={() => setEditing(provider)}
              onRemove={() => setRemoving(provider)}
            />
          ))}
        </ul>
      )}
      <More of={providers} />
      {editing !== undefined && (
        <ProviderEditor
          {...(editing === 'new' ? {} : 'begun' in editing ? editing : { provider: editing })}
          onClose={() => setEditing(undefined)}
        />
      )}
      <TypedConfirm
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Remove ${removing?.name ?? ''}`}
        word={removing?.name ?? ''}
        act="Remove provider"
        onConfirm={() => removing && void remove(removing)}
      >
        The API key is deleted. Past calls stay. You cannot remove a provider that a model routes to.
      </TypedConfirm>
    </div>
  )
}

async function remove({ id, name }: Provider): Promise<void> {
  try {
    await act(deleteProvider, { params: { id } })
    forgetTest(name)
    toast(`${name} removed`)
  } catch (error) {
    toastError(error, `${name} was not removed`)
  }
  await queryClient.invalidateQueries({ queryKey: [listProviders.id] })
}

function Card(props: {
  readonly provider: Provider
  readonly disabledReason: string | undefined
  readonly onEdit: () => void
  readonly onRemove: () => void
}) {
  const { provider, disabledReason, onEdit, onRemove } = props
  const { name, kind, base_url, has_key, changed_at } = provider
  const lastTest = useTested(name)
  const [busy, setBusy] = useState(false)
  const ask = async (): Promise<void> => {
    setBusy(true)
    await test(provider).catch((error: unknown) => toastError(error, `${name} could not be tested`))
    setBusy(false)
  }
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-4">
      <div>
        <h2 className="flex flex-wrap items-center gap-2 font-medium">
          <bdi className="[overflow-wrap:anywhere]">{name}</bdi>
          <Tag>{kindNames[kind]}</Tag>
          <Tag tone={has_key ? 'good' : 'quiet'}>
            <KeyRound aria-hidden size={12} /> {has_key ? 'Key saved' : 'No key'}
          </Tag>
        </h2>
        <p className="mt-1 text-soft [overflow-wrap:anywhere]">
          <code className="font-mono text-[0.93rem]">{base_url}</code>
        </p>
        <p className="text-[0.93rem] text-faint">
          Updated <Ago at={changed_at} />
        </p>
      </div>
      <div role="status">{lastTest !== undefined && <TestResult tested={lastTest} />}</div>
      <div className="mt-auto flex flex-wrap gap-2">
        <Button
          small
          icon={<Stethoscope aria-hidden size={14} />}
          busy={busy}
          disabledReason={disabledReason}
          onClick={() => void ask()}
        >
          {busy ? 'Testing…' : `Test`}
          <span className="sr-only"> {name}</span>
        </Button>
        <Button small icon={<Pencil aria-hidden size={13} />} disabledReason={disabledReason} onClick={onEdit}>
          Edit<span className="sr-only"> {name}</span>
        </Button>
        <Button small variant="ghost" disabledReason={disabledReason} onClick={onRemove}>
          Remove…<span className="sr-only"> {name}</span>
        </Button>
      </div>
    </li>
  )
}

/** What a provider said when it was asked for its models. */
function TestResult({ tested: { works, ms, models, problem } }: { readonly tested: Tested }) {
  if (!works)
    return (
      <p className="flex flex-wrap items-center gap-2">
        <Status state="failed" label="Failed" />
        <span className="text-soft [overflow-wrap:anywhere]">{problem}</span>
      </p>
    )
  return (
    <>
      <p className="flex flex-wrap items-center gap-2">
        <Status state="ok" label="Connected" />
        <span className="text-soft">
          {ms} ms, {plural(models.length, 'model')}
        </span>
      </p>
      {models.length > 0 && (
        <details className="mt-1">
          <summary className="cursor-pointer text-soft">Show models</summary>
          <ul className="mt-1 flex max-h-48 flex-wrap gap-1 overflow-y-auto" tabIndex={0} aria-label="Available models">
            {models.map((one) => (
              <li key={one} className="[overflow-wrap:anywhere]">
                <code className="rounded-md bg-sunken px-1.5 py-px font-mono text-[0.86rem] text-soft">{one}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
