import { deleteBudget, listBudgets } from '@muster/contract/operations/budgets'
import type { Budget } from '@muster/contract/shapes/budgets'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { act, queryClient, useApi } from '../../api/query.ts'
import { useMay } from '../../frame/session.tsx'
import { useScopeName } from '../../parts/scope-names.ts'
import { Button } from '../../ui/button.tsx'
import { TypedConfirm } from '../../ui/dialog.tsx'
import { count, money, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Answer, Empty } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { tell, tellError } from '../../ui/toast.tsx'
import { AddBudget } from './add-budget.tsx'

/** Limits that bind: what each allows, what is used, and what is held for work under way. */
export function Budgets() {
  const budgets = useApi(listBudgets, { query: { limit: 200 } })
  const may = useMay()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Budget>()
  return (
    <div className="p-4 md:p-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">
          A task holds its worst case on every scope before it starts, and settles with what it used. Nothing is
          admitted over a limit.
        </p>
        <Button
          look="primary"
          icon={<Plus aria-hidden size={15} />}
          denied={may('budgets:write')}
          onClick={() => setAdding(true)}
        >
          Set a limit
        </Button>
      </div>
      <Answer of={budgets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No limits are set">Without one, a scope may spend as much as its tasks ask for.</Empty>
          ) : (
            <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3" aria-label="Budgets">
              {items.map((budget) => (
                <Card
                  key={budget.id}
                  budget={budget}
                  denied={may('budgets:write')}
                  onRemove={() => setRemoving(budget)}
                />
              ))}
            </ul>
          )
        }
      </Answer>
      {adding && <AddBudget onClose={() => setAdding(false)} />}
      <TypedConfirm
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this limit"
        word="REMOVE"
        act="Remove"
        onConfirm={() => removing && void remove(removing)}
      >
        The scope is no longer limited by it, from the next claim on.
      </TypedConfirm>
    </div>
  )
}

async function remove({ id }: Budget): Promise<void> {
  try {
    await act(deleteBudget, { params: { id } })
    tell('The limit is removed')
  } catch (error) {
    tellError(error, 'The limit stays')
  }
  await queryClient.invalidateQueries({ queryKey: [listBudgets.id] })
}

function Card({
  budget,
  denied,
  onRemove,
}: {
  readonly budget: Budget
  readonly denied: string | undefined
  readonly onRemove: () => void
}) {
  const { scope, window, closed, used, held, cost_micro_usd, tokens, live_runs } = budget
  const name = useScopeName()(scope)
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line p-4">
      <div className="flex items-center justify-between gap-2">
        <div className="min-w-0">
          <p className="truncate font-medium" title={name}>
            {name}
          </p>
          <p className="text-soft">
            {words(scope.kind)}, {{ day: 'a day (UTC)', goal: 'each goal', run: 'each run', ever: 'ever' }[window]}
          </p>
        </div>
        {closed && <Status state="stopped" label="closed" />}
      </div>
      {scope.kind !== 'organization' && <Ident id={scope.id} />}
      {cost_micro_usd !== undefined && (
        <Amount
          name="Money"
          used={used.cost_micro_usd}
          held={held.cost_micro_usd}
          limit={cost_micro_usd}
          show={money}
        />
      )}
      {tokens !== undefined && (
        <Amount name="Tokens" used={used.tokens} held={held.tokens} limit={tokens} show={count} />
      )}
      {live_runs !== undefined && (
        <Amount name="Live runs" used={held.live_runs} held={0} limit={live_runs} show={count} />
      )}
      <div className="mt-auto">
        <Button small look="ghost" denied={denied} onClick={onRemove}>
          Remove…
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
          {held > 0 && ` + ${show(held)} held`} of {show(limit)}
        </span>
      </p>
      <Meter label={name} used={used} held={held} limit={limit} />
    </div>
  )
}
