/** What of projects needs the attention of a person. */
export const projectsAttention = {
  stop: { rank: 10, severity: 'critical', permission: 'agents:read', subjects: ['organization', 'project', 'agent'] },
} as const
