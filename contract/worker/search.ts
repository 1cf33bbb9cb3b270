/** What of the worker a search finds. */
export const workerSearch = { run: { permission: 'tasks:read', rank: 6 } } as const
