/** What of artifacts a search finds. */
export const artifactsSearch = { artifact: { permission: 'artifacts:read', rank: 8 } } as const
