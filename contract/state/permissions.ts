export const statePermissions = ['state:read', 'state:write'] as const
