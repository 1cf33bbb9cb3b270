import type { Budget } from '@muster/contract/budgets/budgets'
import { deleteBudget, listBudgets } from '@muster/contract/budgets/operations'
import { Coins, Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { useScopeName } from '../../components/scope-names.ts'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { count, money, percent, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Meter } from '../../ui/meter.tsx'
import { TypedConfirm } from '../../ui/overlays/dialog.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { BudgetEditor } from './budget-editor.tsx'
import { standing } from './standing.ts'

/** Limits that bind: what each allows, what is used, and what is held for work under way. */
export function Budgets() {
  const budgets = useApi(listBudgets, { query: { limit: 200 } })
  const permission = usePermission()
  const [editing, setEditing] = useState<Budget | 'new'>()
  const [removing, setRemoving] = useState<Budget>()
  return (
    <div className="p-4 md:p-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">
          A task reserves its maximum cost before it starts. Nothing starts over a limit.
        </p>
        <Button
          variant="primary"
          icon={<Plus aria-hidden size={15} />}
          disabledReason={permission('budgets:write').reason}
          onClick={() => setEditing('new')}
        >
          New budget
        </Button>
      </div>
      <QueryBoundary of={budgets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No budgets" icon={<Coins aria-hidden size={28} strokeWidth={1.5} />}>
              Without a budget, spending is limited only by task budgets.
            </Empty>
          ) : (
            <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3" aria-label="Budgets">
              {items.map((budget) => (
                <Card
                  key={budget.id}
                  budget={budget}
                  disabledReason={permission('budgets:write').reason}
                  onEdit={() => setEditing(budget)}
                  onRemove={() => setRemoving(budget)}
                />
              ))}
            </ul>
          )
        }
      </QueryBoundary>
      {editing !== undefined && (
        <BudgetEditor budget={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
      <TypedConfirm
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this budget?"
        word="REMOVE"
        act="Remove"
        onConfirm={() => removing && void remove(removing)}
      >
        The limit no longer applies to new work.
      </TypedConfirm>
    </div>
  )
}

async function remove({ id }: Budget): Promise<void> {
  try {
    await act(deleteBudget, { params: { id } })
    toast('Budget removed')
  } catch (error) {
    toastError(error, 'Could not remove the budget')
  }
  await queryClient.invalidateQueries({ queryKey: [listBudgets.id] })
}

function Card(props: {
  readonly budget: Budget
  readonly disabledReason: string | undefined
  readonly onEdit: () => void
  readonly onRemove: () => void
}) {
  const { budget, disabledReason, onEdit, onRemove } = props
  const { scope, window, used, held, cost_micro_usd, tokens, live_runs, window_started_at, time_zone } = budget
  const state = standing(budget)
  const name = useScopeName()(scope)
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line p-4">
      <div className="flex items-center justify-between gap-2">
        <div className="min-w-0">
          <p className="truncate font-medium" title={name}>
            {name}
          </p>
          <p className="text-soft">
            {words(scope.kind)},{' '}
            {{ day: `daily (${time_zone})`, goal: 'per goal', run: 'per run', total: 'all time' }[window]}
            {window === 'day' && window_started_at !== undefined && (
              <>
                , since <Ago at={window_started_at} />
              </>
            )}
          </p>
        </div>
        {state !== 'open' && (
          <Status
            state={state === 'closed' ? 'stopped' : 'warning'}
            label={state === 'closed' ? 'Limit reached' : 'Over 90% used'}
          />
        )}
      </div>
      {scope.kind !== 'organization' && <Ident id={scope.id} />}
      {cost_micro_usd !== undefined && (
        <Amount name="Cost" used={used.cost_micro_usd} held={held.cost_micro_usd} limit={cost_micro_usd} show={money} />
      )}
      {tokens !== undefined && (
        <Amount name="Tokens" used={used.tokens} held={held.tokens} limit={tokens} show={count} />
      )}
      {live_runs !== undefined && (
        <Amount name="Active runs" used={held.live_runs} held={0} limit={live_runs} show={count} />
      )}
      <div className="mt-auto flex flex-wrap gap-2">
        <Button small icon={<Pencil aria-hidden size={13} />} disabledReason={disabledReason} onClick={onEdit}>
          Edit<span className="sr-only"> budget of {name}</span>
        </Button>
        <Button small variant="ghost" disabledReason={disabledReason} onClick={onRemove}>
          Remove…<span className="sr-only"> budget of {name}</span>
        </Button>
      </div>
    </li>
  )
}

function Amount(props: {
  readonly name: string
  readonly used: number
  readonly held: number
  readonly limit: number
  readonly show: (value: number) => string
}) {
  const { name, used, held, limit, show } = props
  return (
    <div>
      <p className="mb-1 flex justify-between gap-2">
        <span>{name}</span>
        <span className="text-soft tabular-nums">
          {show(used)}
          {held > 0 && ` + ${show(held)} reserved`} of {show(limit)}
          {limit > 0 && `, ${percent(used / limit)}`}
        </span>
      </p>
      <Meter label={name} used={used} held={held} limit={limit} />
    </div>
  )
}
