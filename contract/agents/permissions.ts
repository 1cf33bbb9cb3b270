/** The permissions of agents. */
export const agentsPermissions = ['agents:read', 'agents:write'] as const
