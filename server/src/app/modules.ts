/**
 * The modules in the one order there is: a module imports only ports of modules that stand earlier.
 * Later come, in their places: memory and context (after tools), chat, wallets, campaigns,
 * quests and evaluations (after judge), integrations (before dashboard).
 */
export const modules = [
  'identity',
  'projects',
  'artifacts',
  'state',
  'budgets',
  'approvals',
  'gateway',
  'agents',
  'tools',
  'planner',
  'worker',
  'judge',
  'dashboard',
] as const
