import { listAgents } from '@muster/contract/operations/agents'
import { createBudget, listBudgets } from '@muster/contract/operations/budgets'
import { listProjects } from '@muster/contract/operations/projects'
import type { BudgetCreate } from '@muster/contract/shapes/budgets'
import { useState } from 'react'
import { act, queryClient, useApiWhen } from '../../api/query.ts'
import { Field, Select, TextInput } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { words } from '../../ui/format.ts'
import { tell } from '../../ui/toast.tsx'

const kinds = ['organization', 'project', 'goal', 'agent'] as const
type Kind = (typeof kinds)[number]

/** Sets a limit on a scope: its money, its tokens, its live runs, whichever of them are given. */
export function AddBudget({ onClose }: { readonly onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('organization')
  const add = async (form: FormData): Promise<void> => {
    await act(createBudget, { body: bodyOf(form, kind) })
    tell('The limit is set')
    await queryClient.invalidateQueries({ queryKey: [listBudgets.id] })
    onClose()
  }
  return (
    <FormDialog
      title="Set a limit"
      description="What stays empty is not limited."
      act="Set the limit"
      onClose={onClose}
      onSubmit={add}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Scope">
          <Select
            value={kind}
            options={kinds.map((one): [string, string] => [one, words(one)])}
            onChange={({ target }) => setKind(kinds.find((one) => one === target.value) ?? 'organization')}
          />
        </Field>
        <Field label="Window">
          <Select
            name="window"
            options={[
              ['day', 'A day (UTC)'],
              ['goal', 'Each goal'],
              ['run', 'Each run'],
              ['ever', 'Ever'],
            ]}
          />
        </Field>
      </div>
      <Subject kind={kind} />
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="US dollars">
          <TextInput name="dollars" type="number" min={0} step="0.000001" />
        </Field>
        <Field label="Tokens">
          <TextInput name="tokens" type="number" min={0} step={1} />
        </Field>
        <Field label="Live runs">
          <TextInput name="live_runs" type="number" min={0} step={1} />
        </Field>
      </div>
    </FormDialog>
  )
}

/** Which project or agent, by name; a goal by its id, which its page gives. */
function Subject({ kind }: { readonly kind: Kind }) {
  const projects = useApiWhen(kind === 'project', listProjects, { query: { limit: 200 } })
  const agents = useApiWhen(kind === 'agent', listAgents, { query: { limit: 200, sort: 'name' } })
  if (kind === 'organization') return null
  if (kind === 'goal')
    return (
      <Field label="Goal" hint="Its id, as its page gives it.">
        <TextInput name="scope_id" required />
      </Field>
    )
  const items: readonly { readonly id: string; readonly name: string }[] =
    (kind === 'project' ? projects.data?.items : agents.data?.items) ?? []
  return (
    <Field label={words(kind)}>
      <Select name="scope_id" options={items.map(({ id, name }): [string, string] => [id, name])} />
    </Field>
  )
}

function bodyOf(form: FormData, kind: Kind): BudgetCreate {
  const amount = (name: string): number | undefined => (form.get(name) ? Number(form.get(name)) : undefined)
  const [dollars, tokens, live_runs] = [amount('dollars'), amount('tokens'), amount('live_runs')]
  if (dollars === undefined && tokens === undefined && live_runs === undefined)
    throw new Error('Say what is limited: money, tokens or live runs.')
  const scope_id = form.get('scope_id')
  return {
    scope: { kind, ...(typeof scope_id === 'string' && { id: scope_id }) },
    window: form.get('window') as BudgetCreate['window'],
    ...(dollars !== undefined && { cost_micro_usd: Math.round(dollars * 1_000_000) }),
    ...(tokens !== undefined && { tokens }),
    ...(live_runs !== undefined && { live_runs }),
  }
}
