/** The permissions of artifacts. */
export const artifactsPermissions = ['artifacts:read', 'artifacts:write'] as const
