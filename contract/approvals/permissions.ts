export const approvalsPermissions = ['approvals:read', 'approvals:write', 'approvals:decide'] as const
