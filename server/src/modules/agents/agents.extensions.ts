import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { AgentActivity } from './agents.port.ts'

/** What agents do now, for their list. */
export const activity = extensionPoint<AgentActivity>('agents.activity')
