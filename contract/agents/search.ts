/** What of agents a search finds. */
export const agentsSearch = { agent: { permission: 'agents:read', rank: 3 } } as const
