import { z } from 'zod'

export const approvalsErrors = {
  own_work: { status: 403, meaning: 'Nobody decides about what they made themselves.' },
  approval_stale: { status: 409, meaning: 'What the approval was bound to has moved; it is asked again.' },
  approval_decided: { status: 409, meaning: 'The approval has been answered, has expired or was withdrawn.' },
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
