import type { Agreement as Found } from '@muster/contract/judge/agreement'
import { getAgreement } from '@muster/contract/judge/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Scale } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { Choice } from '../../ui/field.tsx'
import { type FigureColumn, FigureTable } from '../../ui/figure-table.tsx'
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
            <FigureTable
              label="Agreement"
              heading="Task type"
              nameOf={TaskType}
              columns={columns}
              rows={items}
              keyOf={({ capability }) => capability}
              className="rounded-md border border-line"
            />
          )
        }
      </QueryBoundary>
    </div>
  )
}

const columns: readonly FigureColumn<Found>[] = [
  { title: 'Decisions', cell: ({ decisions }) => count(decisions) },
  { title: 'Approved', cell: ({ approved }) => count(approved) },
  { title: 'Edited', cell: ({ amended }) => count(amended) },
  { title: 'Rejected', cell: ({ rejected }) => count(rejected) },
  { title: 'Spot-checked', cell: ({ sampled }) => count(sampled) },
  { title: 'Agreement', cell: ({ share }) => percent(share), strong: true },
  { title: '95% interval', cell: ({ share_low, share_high }) => `${percent(share_low)}–${percent(share_high)}` },
]

function TaskType({ capability, rubrics }: Found) {
  return (
    <>
      <span className="font-medium [overflow-wrap:anywhere]">{capability}</span>
      {rubrics.map((rubric) => (
        <span key={`${rubric.rubric} ${rubric.model}`} className="block text-[0.93rem] text-soft">
          {rubric.rubric} by {rubric.model}: mean {mean(rubric.mean_when_approved)} if approved,{' '}
          {mean(rubric.mean_when_not)} if not, {count(rubric.decisions)}
        </span>
      ))}
    </>
  )
}

function mean(share: number | undefined): string {
  return share === undefined ? 'none' : share.toFixed(2)
}
