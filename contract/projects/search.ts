/** What of projects a search finds. */
export const projectsSearch = { project: { permission: 'projects:read', rank: 2 } } as const
