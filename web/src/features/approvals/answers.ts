import type { Approval, RespondRequest } from '@muster/contract/approvals/approvals'
import { listApprovals, respondApproval, revokeApproval } from '@muster/contract/approvals/operations'
import { MusterError } from '@muster/sdk/errors'
import { act, queryClient } from '../../api/query.ts'
import { toast, toastError } from '../../ui/overlays/toast.tsx'

/** How long an answer can be taken back. The server holds it that long before it takes effect. */
const undo_ms = 10_000

type Question = Pick<Approval, 'id' | 'question'> & { readonly task_title?: string | undefined }
type Answer = Pick<RespondRequest, 'action'> & {
  readonly comment?: string
  readonly content?: RespondRequest['content']
}

const doneLabels = {
  approve: 'Approved',
  reject: 'Rejected',
  amend: 'Edited',
  answer: 'Answered',
  retry: 'Retrying',
  skip: 'Skipped',
  continue: 'Continued',
  fail: 'Failed',
} as const

/** Answers a question; for ten seconds the answer can be taken back. Gives whether it was taken. */
export async function answer(question: Question, response: Answer): Promise<boolean> {
  const { id } = question
  const name = question.task_title ?? question.question
  try {
    const { status } = await act(respondApproval, { params: { id }, body: { ...response, revocable_ms: undo_ms } })
    const word =
      response.action === 'amend' && response.content === undefined ? 'Changes requested' : doneLabels[response.action]
    toast(status === 'open' ? `${word}; more approvals required` : word, {
      description: name,
      ...(status === 'applied' ? {} : { undo: () => void takeBack(question) }),
    })
    return true
  } catch (error) {
    toastError(error, refusal(error) ?? `Not saved: ${name}`)
    return false
  } finally {
    await refresh()
  }
}

export async function takeBack({ id, question, task_title }: Question): Promise<void> {
  try {
    await act(revokeApproval, { params: { id } })
    toast('Undone', { description: task_title ?? question })
  } catch (error) {
    toastError(error, 'Could not undo')
  } finally {
    await refresh()
  }
}

export function refresh(): Promise<unknown> {
  return Promise.all([
    queryClient.invalidateQueries({ queryKey: [listApprovals.id] }),
    queryClient.invalidateQueries({ queryKey: ['approvals.get'] }),
  ])
}

/** An answer to something that moved says what moved, not only that it did. */
function refusal(error: unknown): string | undefined {
  if (!(error instanceof MusterError) || error.code !== 'approval_stale') return undefined
  const changes = (error.detail.moved ?? []).map(({ what, document, shown_version, version }) => {
    if (what === 'artifact') return 'the result was replaced'
    const subject = what === 'policy' ? 'the policy' : `“${document}”`
    return `${subject} changed from v${shown_version} to v${version}`
  })
  return changes.length === 0 ? undefined : `Not saved: ${changes.join('; ')}`
}
