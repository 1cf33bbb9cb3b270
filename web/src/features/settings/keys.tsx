import { listAgents } from '@muster/contract/agents/operations'
import type { ApiKey, ApiKeyCreate } from '@muster/contract/identity/keys'
import { createKey, listKeys, revokeKey } from '@muster/contract/identity/operations'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { usePermission, useSession } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { Field, Select, TextInput } from '../../ui/field.tsx'
import { count, plural } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Dialog, TypedConfirm } from '../../ui/overlays/dialog.tsx'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

/** Who may call, as people and as agents. Secrets are shown once, when a key is made. */
export function Keys() {
  const keys = useApi(listKeys, { query: { limit: 200 } })
  const permission = usePermission()
  const { key_id } = useSession()
  const [adding, setAdding] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey>()
  return (
    <div className="p-4 md:p-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">
          Each key without an agent counts as a separate person in approvals, unless keys name the same person. Agent
          keys can only work for their agent. Model keys can only call models.
        </p>
        <Button
          variant="primary"
          icon={<Plus aria-hidden size={15} />}
          disabledReason={permission('keys:write').reason}
          onClick={() => setAdding(true)}
        >
          New API key
        </Button>
      </div>
      <QueryBoundary of={keys}>
        {({ items }) => (
          <ul className="divide-y divide-line rounded-md border border-line" aria-label="API keys">
            {items.map((key) => (
              <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <KeyRound aria-hidden size={16} className="text-faint" />
                <span className="min-w-40 flex-1">
                  <bdi className="font-medium [overflow-wrap:anywhere]">{key.name}</bdi>{' '}
                  {key.id === key_id && <Tag tone="good">Current</Tag>}{' '}
                  {key.agent_id !== undefined && <Tag tone="busy">Agent</Tag>}{' '}
                  {key.revoked_at !== undefined && <Tag tone="bad">Revoked</Tag>}
                  <span className="block text-[0.93rem] text-soft [overflow-wrap:anywhere]">
                    {key.person_label !== undefined && (
                      <>
                        Person: <bdi>{key.person_label}</bdi>,{' '}
                      </>
                    )}
                    {modelLimitsOf(key).map((limit) => `${limit}, `)}
                    {plural(key.permissions.length, 'permission')}, created <Ago at={key.created_at} />
                    {key.last_used_at !== undefined && (
                      <>
                        , last used <Ago at={key.last_used_at} />
                      </>
                    )}
                  </span>
                </span>
                <Ident id={key.id} />
                <Button
                  small
                  variant="ghost"
                  disabledReason={
                    permission('keys:write').reason ?? (key.revoked_at !== undefined && 'Already revoked')
                  }
                  onClick={() => setRevoking(key)}
                >
                  Revoke…<span className="sr-only"> {key.name}</span>
                </Button>
              </li>
            ))}
          </ul>
        )}
      </QueryBoundary>
      {adding && <AddKey onClose={() => setAdding(false)} />}
      <TypedConfirm
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? ''}`}
        word="REVOKE"
        act="Revoke"
        onConfirm={() => revoking && void revoke(revoking)}
      >
        {revoking?.id === key_id
          ? 'You are using this key. You will be signed out.'
          : 'Requests with this key will fail.'}{' '}
        You cannot undo this.
      </TypedConfirm>
    </div>
  )
}

async function revoke({ id, name }: ApiKey): Promise<void> {
  try {
    await act(revokeKey, { params: { id } })
    toast(`${name} revoked`)
  } catch (error) {
    toastError(error, 'Could not revoke the key')
  }
  await queryClient.invalidateQueries({ queryKey: [listKeys.id] })
}

function AddKey({ onClose }: { readonly onClose: () => void }) {
  const agents = useApi(listAgents, { query: { limit: 200, sort: 'name' } })
  const [newSecret, setNewSecret] = useState<string>()
  const add = async (form: FormData): Promise<void> => {
    const { key } = await act(createKey, { body: keyOf(form) })
    setNewSecret(key)
    await queryClient.invalidateQueries({ queryKey: [listKeys.id] })
  }
  if (newSecret !== undefined)
    return (
      <Dialog open onClose={onClose} title="API key created" description="Copy it now. You will not see it again.">
        <p className="flex flex-wrap items-center gap-2 rounded-md bg-sunken p-3">
          <code className="min-w-0 flex-1 font-mono [overflow-wrap:anywhere]">{newSecret}</code>
          <Ident id={newSecret} label="Copy" name="Copy key" />
        </p>
      </Dialog>
    )
  const options = (agents.data?.items ?? []).map(({ id, name }): [string, string] => [id, `Agent: ${name}`])
  return (
    <FormDialog title="New API key" act="Create key" onClose={onClose} onSubmit={add}>
      <Field label="Name">
        <TextInput name="name" required maxLength={200} autoFocus />
      </Field>
      <Field label="Type" hint="A personal key has the same permissions as yours.">
        <Select name="holder" options={[['', 'Person'], [models_alone, 'Model calls only'], ...options]} />
      </Field>
      <Field label="Person" hint="Optional. Keys with the same person count as one in approvals.">
        <TextInput name="person" maxLength={200} autoComplete="off" />
      </Field>
      <Field label="Model calls per minute" hint="Leave empty for no limit.">
        <TextInput name="requests" type="number" min={1} step={1} />
      </Field>
      <Field label="Tokens per minute" hint="Input and output tokens.">
        <TextInput name="tokens" type="number" min={1} step={1} />
      </Field>
    </FormDialog>
  )
}

/** Among the ids of agents in the list of holders. */
const models_alone = 'models'

function keyOf(form: FormData): ApiKeyCreate {
  const holder = String(form.get('holder') ?? '')
  const person_label = String(form.get('person') ?? '').trim()
  const number = (name: string) => Number(form.get(name)) || undefined
  return {
    name: String(form.get('name')),
    ...(person_label !== '' && { person_label }),
    ...(holder === models_alone ? { permissions: ['models:use'] } : holder !== '' && { agent_id: holder }),
    model_requests_per_minute: number('requests'),
    model_tokens_per_minute: number('tokens'),
  }
}

function modelLimitsOf({ model_requests_per_minute, model_tokens_per_minute }: ApiKey): string[] {
  return [
    ...(model_requests_per_minute === undefined ? [] : [`${count(model_requests_per_minute)} calls/min`]),
    ...(model_tokens_per_minute === undefined ? [] : [`${count(model_tokens_per_minute)} tokens/min`]),
  ]
}
