import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { CredentialResolver, ScopeKind } from './identity.port.ts'

/** Credentials that are no API keys, such as the keys of runs. */
export const credentials = extensionPoint<CredentialResolver>('identity.credentials')

/** Things of an organization that keys, budgets, artifacts, documents and calls of models can belong to. */
export const scopes = extensionPoint<ScopeKind>('identity.scopes', ({ kind }) => kind)
