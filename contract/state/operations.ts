import { z } from 'zod'
import { projectId } from '../ids.ts'
import { listQuery } from '../lists.ts'
import { operation } from '../operation.ts'
import { agentRef } from '../values.ts'
import {
  document,
  documentDiff,
  documentDiffQuery,
  documentGetQuery,
  documentHistory,
  documentKey,
  documentList,
  documentPut,
  documentQuery,
} from './documents.ts'
import { globalState, globalStateUpdate, globalStateUpdated } from './global-state.ts'
import { stateLimits } from './limits.ts'

const params = z.strictObject({ id: projectId, key: documentKey })

export const listDocuments = operation({
  id: 'documents.list',
  method: 'GET',
  path: '/api/v1/projects/{id}/documents',
  permission: 'state:read',
  audit: false,
  summary: 'Lists the documents of a project by key, without their values.',
  params: z.strictObject({ id: projectId }),
  query: documentQuery,
  response: documentList,
})

export const getDocument = operation({
  id: 'documents.get',
  method: 'GET',
  path: '/api/v1/projects/{id}/documents/{key}',
  permission: 'state:read',
  audit: false,
  summary: 'Gives a document, or one of its versions. The version is the ETag.',
  params,
  query: documentGetQuery,
  response: document,
  headers: ['If-None-Match'],
})

export const putDocument = operation({
  id: 'documents.put',
  method: 'PUT',
  path: '/api/v1/projects/{id}/documents/{key}',
  permission: 'state:write',
  limits: { body_bytes: 2 * stateLimits.document_bytes_max },
  audit: true,
  summary: 'Sets a document. If-Match names the version that was read; `"0"` means that it must be absent.',
  params,
  body: documentPut,
  response: document,
  headers: ['If-Match'],
})

export const getDocumentHistory = operation({
  id: 'documents.history',
  method: 'GET',
  path: '/api/v1/projects/{id}/documents/{key}/history',
  permission: 'state:read',
  audit: false,
  summary: 'Lists the versions of a document, newest first.',
  params,
  query: z.strictObject(listQuery),
  response: documentHistory,
})

export const getDocumentDiff = operation({
  id: 'documents.diff',
  method: 'GET',
  path: '/api/v1/projects/{id}/documents/{key}/diff',
  permission: 'state:read',
  audit: false,
  summary: 'Gives the differences between two versions of a document.',
  params,
  query: documentDiffQuery,
  response: documentDiff,
})

export const getGlobalState = operation({
  id: 'globalstate.get',
  method: 'GET',
  path: '/api/v1/globalstate/{agent_id}',
  permission: 'state:read',
  audit: false,
  summary: 'Gives an agent’s document `global`, whose version is `state_version`.',
  params: z.strictObject({ agent_id: agentRef }),
  response: globalState,
})

export const updateGlobalState = operation({
  id: 'globalstate.update',
  method: 'POST',
  path: '/api/v1/globalstate/update',
  permission: 'state:write',
  limits: { body_bytes: 2 * stateLimits.document_bytes_max },
  audit: true,
  summary: 'Commits a change to an agent’s global state, if the version that was read is still current.',
  body: globalStateUpdate,
  response: globalStateUpdated,
})

/** The operations of state. */
export const stateOperations = [
  listDocuments,
  getDocument,
  putDocument,
  getDocumentHistory,
  getDocumentDiff,
  getGlobalState,
  updateGlobalState,
]
