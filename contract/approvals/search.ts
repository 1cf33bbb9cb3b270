/** What of approvals a search finds. */
export const approvalsSearch = { approval: { permission: 'approvals:read', rank: 7 } } as const
