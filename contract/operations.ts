import { operationsByModule } from './gathered/operations.ts'
import type { Operation } from './operation.ts'

/** Every operation there is. */
export const operations: readonly Operation[] = Object.values(operationsByModule).flat()
