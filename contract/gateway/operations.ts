import { callOperations } from './call.operations.ts'
import { modelOperations } from './model.operations.ts'
import { providerOperations } from './provider.operations.ts'

export const gatewayOperations = [...callOperations, ...providerOperations, ...modelOperations]
