import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { CircleCheck, RefreshCw, TriangleAlert } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
import { FigureTable } from '../../ui/figure-table.tsx'
import { count, money, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { QueryBoundary } from '../../ui/states.tsx'

/** Whether every call of a model is charged, and every charge has its call. */
export function Accounts() {
  const verification = useApi(verifyBudgets)
  return (
    <div className="flex flex-col gap-4 p-4 md:p-6">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-soft">Compares every model call with its charge.</p>
        <Button
          icon={<RefreshCw aria-hidden size={14} />}
          busy={verification.isFetching}
          onClick={() => void verification.refetch()}
        >
          Run check
        </Button>
      </div>
      <QueryBoundary of={verification}>
        {({ valid, attempts, charges, held, reservations, problems }) => (
          <>
            <p
              role="status"
              className={
                valid
                  ? 'flex items-center gap-2 rounded-md bg-good-soft px-3 py-2 font-medium text-good'
                  : 'flex items-center gap-2 rounded-md bg-bad-soft px-3 py-2 font-medium text-bad'
              }
            >
              {valid ? <CircleCheck aria-hidden size={16} /> : <TriangleAlert aria-hidden size={16} />}
              {valid
                ? 'All calls match their charges'
                : `${problems.length} ${problems.length === 1 ? 'mismatch' : 'mismatches'} found`}
            </p>
            <FigureTable
              label="Totals"
              heading="Total"
              nameOf={({ name }) => name}
              columns={[
                { title: 'Entries', cell: ({ rows }) => count(rows) },
                { title: 'Cost', cell: ({ cost_micro_usd }) => money(cost_micro_usd) },
                { title: 'Tokens', cell: ({ tokens }) => count(tokens) },
              ]}
              rows={[
                { name: 'Completed calls', rows: attempts.ended, ...amountOf(attempts) },
                { name: 'Charges', rows: charges.rows, ...amountOf(charges) },
                { name: 'Reserved for active calls', rows: held.rows, ...amountOf(held) },
                { name: 'Reserved for upcoming calls', rows: reservations.rows, ...amountOf(reservations) },
              ]}
              keyOf={({ name }) => name}
              className="rounded-md border border-line"
            />
            {problems.length > 0 && (
              <ul aria-label="Mismatches" className="divide-y divide-line rounded-md border border-line">
                {problems.map(({ attempt_id, problem, message }) => (
                  <li key={`${attempt_id} ${problem}`} className="px-4 py-2">
                    <span className="font-medium">{words(problem)}</span> <Ident id={attempt_id} />
                    <span className="block text-soft [overflow-wrap:anywhere]">{message}</span>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </QueryBoundary>
    </div>
  )
}

interface Amount {
  readonly cost_micro_usd: number
  readonly tokens: number
}

const amountOf = ({ cost_micro_usd, tokens }: Amount): Amount => ({ cost_micro_usd, tokens })
