/** The permissions of the gateway. */
export const gatewayPermissions = ['models:use', 'models:read', 'models:write'] as const
