/** The permissions of the platform. */
export const platformPermissions = ['journal:read', 'instance:operate'] as const
