import { listAgents } from '@muster/contract/agents/operations'
import type { Budget, BudgetCreate, BudgetPut } from '@muster/contract/budgets/budgets'
import { createBudget, listBudgets, putBudget } from '@muster/contract/budgets/operations'
import { listProjects } from '@muster/contract/projects/operations'
import { useState } from 'react'
import { act, queryClient, useApiWhen } from '../../api/query.ts'
import { dollarsOf, microUsdOf } from '../../components/dollars.ts'
import { useScopeName } from '../../components/scope-names.ts'
import { Field, Select, TextInput } from '../../ui/field.tsx'
import { words } from '../../ui/format.ts'
import { FormDialog } from '../../ui/overlays/form-dialog.tsx'
import { toast } from '../../ui/overlays/toast.tsx'

const kinds = ['organization', 'project', 'goal', 'agent'] as const
type Kind = (typeof kinds)[number]

/** Sets a limit on a scope, or changes one: its money, its tokens, its live runs, whichever of them are given. */
export function BudgetEditor({
  budget,
  onClose,
}: {
  readonly budget: Budget | undefined
  readonly onClose: () => void
}) {
  const [kind, setKind] = useState<Kind>('organization')
  const name = useScopeName()
  const save = async (form: FormData): Promise<void> => {
    const amounts = amountsOf(form)
    if (budget === undefined) await act(createBudget, { body: { ...scopeOf(form, kind), ...amounts } })
    else await act(putBudget, { params: { id: budget.id }, body: amounts })
    toast(budget === undefined ? 'Budget created' : 'Budget updated')
    await queryClient.invalidateQueries({ queryKey: [listBudgets.id] })
    onClose()
  }
  return (
    <FormDialog
      title={budget === undefined ? 'New budget' : `Edit budget: ${name(budget.scope)}`}
      description="Leave a field empty for no limit."
      act={budget === undefined ? 'Create budget' : 'Save'}
      onClose={onClose}
      onSubmit={save}
    >
      {budget === undefined && (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Scope">
              <Select
                value={kind}
                options={kinds.map((one): [string, string] => [one, words(one)])}
                onChange={({ target }) => setKind(kinds.find((one) => one === target.value) ?? 'organization')}
              />
            </Field>
            <Field label="Period">
              <Select
                name="window"
                options={[
                  ['day', 'Daily (time zone of the project, else UTC)'],
                  ['goal', 'Per goal'],
                  ['run', 'Per run'],
                  ['total', 'All time'],
                ]}
              />
            </Field>
          </div>
          <Subject kind={kind} />
        </>
      )}
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Cost limit (USD)">
          <TextInput
            name="dollars"
            inputMode="decimal"
            defaultValue={budget?.cost_micro_usd === undefined ? '' : dollarsOf(budget.cost_micro_usd)}
          />
        </Field>
        <Field label="Token limit">
          <TextInput name="tokens" type="number" min={0} step={1} defaultValue={budget?.tokens ?? ''} />
        </Field>
        <Field label="Concurrent runs">
          <TextInput name="live_runs" type="number" min={0} step={1} defaultValue={budget?.live_runs ?? ''} />
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
      <Field label="Goal" hint="Goal ID">
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

function amountsOf(form: FormData): BudgetPut {
  const amount = (name: string): number | undefined => (form.get(name) ? Number(form.get(name)) : undefined)
  const [tokens, live_runs] = [amount('tokens'), amount('live_runs')]
  const typed = String(form.get('dollars') ?? '').trim()
  const cost_micro_usd = microUsdOf(typed)
  if (typed !== '' && cost_micro_usd === undefined) throw new Error('Enter an amount such as 2.50.')
  if (cost_micro_usd === undefined && tokens === undefined && live_runs === undefined)
    throw new Error('Set a cost, token or run limit.')
  return {
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
    ...(tokens !== undefined && { tokens }),
    ...(live_runs !== undefined && { live_runs }),
  }
}

function scopeOf(form: FormData, kind: Kind): Pick<BudgetCreate, 'scope' | 'window'> {
  const scope_id = form.get('scope_id')
  return {
    scope: { kind, ...(typeof scope_id === 'string' && { id: scope_id }) },
    window: form.get('window') as BudgetCreate['window'],
  }
}
