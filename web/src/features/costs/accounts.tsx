import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { CircleCheck, RefreshCw, TriangleAlert } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { Button } from '../../ui/button.tsx'
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
            <div
              className="overflow-x-auto rounded-md border border-line"
              tabIndex={0}
              role="group"
              aria-label="Totals"
            >
              <table className="w-full text-left tabular-nums">
                <thead className="text-[0.93rem] text-soft">
                  <tr className="border-b border-line">
                    <th scope="col" className="px-4 py-2 font-normal">
                      Total
                    </th>
                    <th scope="col" className="px-4 py-2 text-right font-normal">
                      Entries
                    </th>
                    <th scope="col" className="px-4 py-2 text-right font-normal">
                      Cost
                    </th>
                    <th scope="col" className="px-4 py-2 text-right font-normal">
                      Tokens
                    </th>
                  </tr>
                </thead>
                <tbody className="divide-y divide-line">
                  <Sum name="Completed calls" rows={attempts.ended} of={attempts} />
                  <Sum name="Charges" rows={charges.rows} of={charges} />
                  <Sum name="Reserved for active calls" rows={held.rows} of={held} />
                  <Sum name="Reserved for upcoming calls" rows={reservations.rows} of={reservations} />
                </tbody>
              </table>
            </div>
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

function Sum(props: {
  readonly name: string
  readonly rows: number
  readonly of: { readonly cost_micro_usd: number; readonly tokens: number }
}) {
  const { name, rows, of } = props
  return (
    <tr>
      <th scope="row" className="px-4 py-2 font-normal">
        {name}
      </th>
      <td className="px-4 py-2 text-right">{count(rows)}</td>
      <td className="px-4 py-2 text-right">{money(of.cost_micro_usd)}</td>
      <td className="px-4 py-2 text-right">{count(of.tokens)}</td>
    </tr>
  )
}
