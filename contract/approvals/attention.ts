/** What of approvals needs the attention of a person. */
export const approvalsAttention = {
  approval_past_due: { rank: 40, severity: 'critical', permission: 'approvals:read', subjects: ['approval'] },
  approval_due_soon: { rank: 80, severity: 'warning', permission: 'approvals:read', subjects: ['approval'] },
} as const
