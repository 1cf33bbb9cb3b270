/** What of the worker needs the attention of a person. */
export const workerAttention = {
  unworked_queue: { rank: 20, severity: 'critical', permission: 'tasks:read', subjects: ['queue'] },
  agent_offline_with_work: { rank: 60, severity: 'warning', permission: 'agents:read', subjects: ['agent'] },
  task_failed: { rank: 100, severity: 'info', permission: 'tasks:read', subjects: ['task'] },
} as const
