export const identityPermissions = ['keys:read', 'keys:write'] as const
