export const platformPermissions = ['journal:read', 'instance:operate'] as const
