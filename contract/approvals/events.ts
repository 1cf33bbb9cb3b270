import { z } from 'zod'
import { approvalId } from '../ids.ts'
import { timestamp } from '../values.ts'
import { answerAction, risks } from './approvals.ts'

const subject = z.object({ approval_id: approvalId })
const action = subject.extend({ action: answerAction })

/** Each type of event with the shape of its `data`. */
export const approvalsEvents = {
  'approval.opened': subject.extend({
    subject_kind: z.string(),
    subject_id: z.string(),
    rule: z.string(),
    risk: z.enum(risks),
  }),
  'approval.claimed': subject.extend({ until: timestamp.optional(), given_back: z.literal(true).optional() }),
  'approval.snoozed': subject.extend({ until: timestamp.nullable().describe('null: it was woken.') }),
  'approval.answered': action,
  'approval.revoked': action,
  'approval.applied': action,
  'approval.expired': subject,
  'approval.withdrawn': subject.extend({ reason: z.string() }),
} as const
