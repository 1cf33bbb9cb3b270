import { callOperations } from './call.operations.ts'
import { modelOperations } from './model.operations.ts'
import { providerOperations } from './provider.operations.ts'

/** The operations of the gateway. */
export const gatewayOperations = [...callOperations, ...providerOperations, ...modelOperations]
