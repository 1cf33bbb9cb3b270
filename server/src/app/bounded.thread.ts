/** The thread of bounded functions: those of all modules, and the parsing of large bodies. */

import { operations } from '@muster/contract/operations'
import { agentFunctions } from '../modules/agents/agents.functions.ts'
import { gatewayFunctions } from '../modules/gateway/gateway.functions.ts'
import { judgeFunctions } from '../modules/judge/judge.functions.ts'
import { plannerFunctions } from '../modules/planner/planner.functions.ts'
import { projectFunctions } from '../modules/projects/projects.functions.ts'
import { stateFunctions } from '../modules/state/state.functions.ts'
import { toolFunctions } from '../modules/tools/tools.functions.ts'
import { bodyFunction } from '../platform/http/body/body-function.ts'
import { misfit } from '../platform/json/misfit-function.ts'
import { serveFunctions } from '../platform/threads/serve-functions.ts'

serveFunctions([
  bodyFunction(operations),
  misfit,
  ...projectFunctions,
  ...agentFunctions,
  ...stateFunctions,
  ...plannerFunctions,
  ...gatewayFunctions,
  ...judgeFunctions(toolFunctions),
])
