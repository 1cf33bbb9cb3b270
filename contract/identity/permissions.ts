/** The permissions of identity. */
export const identityPermissions = ['keys:read', 'keys:write'] as const
