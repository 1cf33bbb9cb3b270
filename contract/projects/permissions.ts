/** The permissions of projects. */
export const projectsPermissions = [
  'projects:read',
  'projects:write',
  'policy:read',
  'policy:write',
  'fleet:stop',
] as const
