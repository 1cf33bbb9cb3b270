import { z } from 'zod'

/** The errors of approvals, by their codes. */
export const approvalsErrors = {
  own_work: { status: 403, meaning: 'Nobody decides about their own work.' },
  approval_stale: {
    status: 409,
    meaning: 'The result, policy or documents of the approval have changed; a new approval may follow.',
  },
  approval_decided: { status: 409, meaning: 'The approval was already answered, has expired or was withdrawn.' },
  approval_required: { status: 409, meaning: 'A person has to approve this first.' },
} as const

/** What an approval was bound to and does not stand as it was shown any more. */
export const movedFact = z.object({
  what: z.enum(['read_set', 'policy', 'artifact']),
  document: z.string().optional().describe('With `read_set`.'),
  shown_version: z.number().optional().describe('Of the document or policy, as it was shown; 0: there was none.'),
  version: z.number().optional().describe('As it stands now; 0: there is none any more.'),
})
export type MovedFact = Readonly<z.output<typeof movedFact>>
