/** The permissions of state. */
export const statePermissions = ['state:read', 'state:write'] as const
