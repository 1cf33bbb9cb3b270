/** What of state a search finds. */
export const stateSearch = { document: { permission: 'state:read', rank: 4 } } as const
