/** The modules in the one order there is: a module imports only ports and extension points of modules that stand earlier. */
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

export type ModuleName = (typeof modules)[number]

/** Modules that may see every tenant at once (`EngineTx`): what crosses tenants is claimed, settled, swept and judged here. */
export const engineModules = [
  'identity',
  'budgets',
  'approvals',
  'gateway',
  'agents',
  'planner',
  'worker',
  'judge',
] as const
