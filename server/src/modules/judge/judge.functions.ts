import type { ToolsPort } from '../tools/tools.port.ts'
import { findingsFunction } from './evaluation/findings.ts'

/** What the module lets the threads evaluate. Grounding reads the text of artifacts as the tools do. */
export const judgeFunctions = (tools: Pick<ToolsPort, 'textAt'>) => [findingsFunction(tools)] as const
