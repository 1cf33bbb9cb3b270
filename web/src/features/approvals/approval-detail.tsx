import type { Approval } from '@muster/contract/approvals/approvals'
import { getApproval } from '@muster/contract/approvals/operations'
import { listTaskVerdicts } from '@muster/contract/judge/operations'
import { reasonText } from '@muster/contract/platform/reason-text'
import { ArrowLeft } from 'lucide-react'
import { useRef } from 'react'
import { useApi, useApiWhen } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { GoalLink, RunLink, TaskLink } from '../../components/related-links.tsx'
import { VerdictView } from '../../components/tasks/verdict-view.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Facts } from '../../ui/panel.tsx'
import { QueryBoundary } from '../../ui/states.tsx'
import { Status, Tag } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { Decide } from './decide.tsx'
import { Proposal } from './proposal.tsx'
import { RunQuestion } from './run-question.tsx'

export interface ApprovalDetailProps {
  readonly id: string
  readonly position: string | undefined
  readonly onDecided: () => void
  readonly onBack: () => void
}

/** One question: the thing first, then why it is asked, then what an answer does. */
export function ApprovalDetail({ id, position, onDecided, onBack }: ApprovalDetailProps) {
  const approval = useApi(getApproval, { params: { id } })
  const own_answer = useRef<HTMLTextAreaElement>(null)
  return (
    <article aria-label="Approval" className="min-w-0 rounded-lg border border-line bg-surface">
      <div className="flex items-center justify-between gap-2 border-b border-line px-4 py-1.5">
        <Button variant="ghost" small className="lg:hidden" icon={<ArrowLeft aria-hidden size={14} />} onClick={onBack}>
          All approvals
        </Button>
        <span className="text-soft">{position}</span>
        <Ident id={id} />
      </div>
      <QueryBoundary of={approval}>
        {(data) => (
          <>
            <div className="flex flex-col gap-6 p-4 md:p-6">
              <Head approval={data} />
              {data.subject_kind === 'question' ? (
                <section aria-label="Answers">
                  <RunQuestion approval={data} field={own_answer} onDecided={onDecided} />
                </section>
              ) : (
                <section aria-label="Proposed result">
                  <Proposal approval={data} />
                </section>
              )}
              <Why approval={data} />
              <About approval={data} />
            </div>
            <Decide approval={data} onDecided={onDecided} onAnswer={() => own_answer.current?.focus()} />
          </>
        )}
      </QueryBoundary>
    </article>
  )
}

function Head({ approval }: { readonly approval: Approval }) {
  const { subject_kind, question, rule, risk, status, reason, tags } = approval
  const isAsked = subject_kind === 'question'
  return (
    <header className="flex flex-col gap-2">
      <h2
        className={cx(
          'whitespace-pre-line font-semibold leading-snug tracking-tight [overflow-wrap:anywhere]',
          isAsked && question.length < 300 ? 'text-[1.7rem]' : 'text-[1.3rem]',
        )}
      >
        {question}
      </h2>
      <p className="flex flex-wrap items-center gap-1.5">
        {status !== 'open' && <Status state={status} />}
        <Status state={risk} label={words(`${risk} risk`)} />
        <Tag tone="ask">{reasonText(rule)}</Tag>
        {tags
          .filter((tag) => !rule.endsWith(tag))
          .map((tag) => (
            <Tag key={tag}>{reasonText(tag)}</Tag>
          ))}
        {reason !== undefined && <span className="text-soft">{reason}</span>}
      </p>
    </header>
  )
}

/** Confidence and what the judge found, with the words it found it by. */
function Why({ approval }: { readonly approval: Approval }) {
  const { task_id, run_id } = approval
  const verdicts = useApiWhen(task_id !== undefined && run_id !== undefined, listTaskVerdicts, {
    params: { id: task_id ?? '' },
    query: { limit: 20 },
  })
  const verdict = verdicts.data?.items.find((one) => one.run_id === run_id)
  if (verdict === undefined) return null
  return (
    <section className="border-t border-line pt-4">
      <h3 className="mb-2 font-semibold">Checks</h3>
      <VerdictView verdict={verdict} />
    </section>
  )
}

const consequences: Readonly<Record<string, string>> = {
  result: 'If it expires, the result is not committed and the task ends.',
  task: 'If it expires, the task does not run.',
  dependency: 'If it expires, the task fails.',
  question: 'If it expires, the task is rejected.',
  plan: 'If it expires, the goal is cancelled.',
}

function About({ approval }: { readonly approval: Approval }) {
  const {
    subject_kind,
    due_at,
    created_at,
    goal_id,
    task_id,
    run_id,
    policy_version,
    read_set,
    quorum,
    answers,
    claimed_by,
    claimed_until,
  } = approval
  const actorName = useActorName()
  return (
    <section className="border-t border-line pt-4">
      <h3 className="mb-2 font-semibold">Details</h3>
      <Facts
        items={[
          [
            'Due',
            <span key="due">
              <Ago at={due_at} className="font-medium" />. {consequences[subject_kind]}
            </span>,
          ],
          ['Requested', <Ago key="asked" at={created_at} />],
          ['Related', <RelatedLinks key="parts" goal_id={goal_id} task_id={task_id} run_id={run_id} />],
          [
            'Policy',
            `v${policy_version}${read_set.map(({ document, version }) => `, ${document} v${version}`).join('')}`,
          ],
          ...(quorum > 1 ? [['Approvals required', String(quorum)] as const] : []),
          ...(claimed_by !== undefined && claimed_until !== undefined && Date.parse(claimed_until) > Date.now()
            ? [
                [
                  'Claimed by',
                  <span key="claim">
                    {actorName(claimed_by)}, until <Ago at={claimed_until} />
                  </span>,
                ] as const,
              ]
            : []),
          ...answers.map(
            ({ id, by, action, comment, at, revoked_at }) =>
              [
                'Response',
                <span key={id} className={revoked_at === undefined ? '' : 'line-through'}>
                  {actorName(by)}: {action === 'amend' ? 'Edit' : words(action)}
                  {comment !== undefined && comment !== '' && `, “${comment}”`} <Ago at={at} className="text-faint" />
                </span>,
              ] as const,
          ),
        ]}
      />
    </section>
  )
}

function RelatedLinks({ goal_id, task_id, run_id }: Pick<Approval, 'goal_id' | 'task_id' | 'run_id'>) {
  return (
    <span className="flex flex-wrap gap-x-3 gap-y-1">
      {goal_id !== undefined && <GoalLink goal_id={goal_id} />}
      {goal_id !== undefined && task_id !== undefined && <TaskLink goal_id={goal_id} task_id={task_id} />}
      {run_id !== undefined && <RunLink run_id={run_id} />}
    </span>
  )
}
