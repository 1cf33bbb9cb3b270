/** The permissions of approvals. */
export const approvalsPermissions = ['approvals:read', 'approvals:write', 'approvals:decide'] as const
