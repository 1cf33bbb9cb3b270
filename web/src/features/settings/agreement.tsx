import type { Agreement as Found } from '@muster/contract/judge/agreement'
import { getAgreement } from '@muster/contract/judge/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Scale } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { Choice } from '../../ui/field.tsx'
import { count, percent } from '../../ui/format.ts'
import { Empty, QueryBoundary } from '../../ui/states.tsx'

const ranges = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
] as const

/** How often people decided as the judge would have, for each kind of task, with how sure one can be of that. */
export function Agreement() {
  const { days = '90' } = useSearch({ from: '/settings' })
  const { project } = useSearch({ from: '__root__' })
  const navigate = useNavigate({ from: '/settings' })
  const report = useApi(getAgreement, { query: { days: Number(days), ...(project && { project_id: project }) } })
  return (
    <div className="flex flex-col gap-4 p-4 md:p-6">
      <p className="max-w-prose text-soft">
        How often people and the judge agree. With few decisions, check the confidence interval.
      </p>
      <Choice
        label="Range"
        value={days}
        options={ranges}
        onChange={(value) =>
          void navigate({ to: '/settings', search: (before) => ({ ...before, days: value }), replace: true })
        }
      />
      <QueryBoundary of={report}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No decisions yet" icon={<Scale aria-hidden size={28} strokeWidth={1.5} />}>
              Your approvals and rejections are compared with the judge’s checks here.
            </Empty>
          ) : (
            <Table items={items} />
          )
        }
      </QueryBoundary>
    </div>
  )
}

const heads = ['Decisions', 'Approved', 'Edited', 'Rejected', 'Spot-checked', 'Agreement', '95% interval'] as const

function Table({ items }: { readonly items: readonly Found[] }) {
  return (
    <div className="overflow-x-auto rounded-md border border-line" tabIndex={0} role="group" aria-label="Agreement">
      <table className="w-full text-left tabular-nums">
        <thead className="text-[0.93rem] text-soft">
          <tr className="border-b border-line">
            <th scope="col" className="px-4 py-2 font-normal">
              Task type
            </th>
            {heads.map((head) => (
              <th key={head} scope="col" className="whitespace-nowrap px-3 py-2 text-right font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {items.map((one) => (
            <tr key={one.capability}>
              <th scope="row" className="min-w-40 px-4 py-2 font-normal">
                <span className="font-medium [overflow-wrap:anywhere]">{one.capability}</span>
                {one.rubrics.map((rubric) => (
                  <span key={`${rubric.rubric} ${rubric.model}`} className="block text-[0.93rem] text-soft">
                    {rubric.rubric} by {rubric.model}: mean {mean(rubric.mean_when_approved)} if approved,{' '}
                    {mean(rubric.mean_when_not)} if not, {count(rubric.decisions)}
                  </span>
                ))}
              </th>
              {[one.decisions, one.approved, one.amended, one.rejected, one.sampled].map((number, at) => (
                <td key={heads[at]} className="px-3 py-2 text-right">
                  {count(number)}
                </td>
              ))}
              <td className="whitespace-nowrap px-3 py-2 text-right font-medium">{percent(one.share)}</td>
              <td className="whitespace-nowrap px-3 py-2 text-right">
                {percent(one.share_low)}–{percent(one.share_high)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function mean(share: number | undefined): string {
  return share === undefined ? 'none' : share.toFixed(2)
}
