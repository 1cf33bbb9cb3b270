import { z } from 'zod'
import { keyId } from '../ids.ts'
import { operation } from '../operation.ts'
import { apiKey, apiKeyCreate, apiKeyCreated, apiKeyList, apiKeyQuery } from './keys.ts'
import { session, sessionClosed, sessionOpen } from './sessions.ts'

const sessionPath = '/api/v1/session'

export const openSession = operation({
  id: 'session.open',
  method: 'POST',
  path: sessionPath,
  permission: 'none',
  // Anybody may send one, so little is read.
  limits: { body_bytes: 64 * 1024 },
  audit: false,
  summary: 'Checks a key and keeps it in a cookie that no script can read, for the page.',
  body: sessionOpen,
  idempotent: 'none',
  response: session,
})

export const getSession = operation({
  id: 'session.get',
  method: 'GET',
  path: sessionPath,
  permission: 'any',
  audit: false,
  summary: 'Says who is calling, and what they may do.',
  response: session,
})

export const closeSession = operation({
  id: 'session.close',
  method: 'DELETE',
  path: sessionPath,
  permission: 'none',
  audit: false,
  summary: 'Clears the cookie. The key stays in force.',
  response: sessionClosed,
})

export const listKeys = operation({
  id: 'keys.list',
  method: 'GET',
  path: '/api/v1/api-keys',
  permission: 'keys:read',
  audit: false,
  summary: 'Lists the keys of the organization, without their secrets.',
  query: apiKeyQuery,
  response: apiKeyList,
})

export const createKey = operation({
  id: 'keys.create',
  method: 'POST',
  path: '/api/v1/api-keys',
  permission: 'keys:write',
  audit: true,
  summary: 'Makes a key, for another person or for an agent. The secret is in this answer only.',
  body: apiKeyCreate,
  response: apiKeyCreated,
  status: 201,
})

export const revokeKey = operation({
  id: 'keys.revoke',
  method: 'DELETE',
  path: '/api/v1/api-keys/{id}',
  permission: 'keys:write',
  audit: true,
  summary: 'Revokes a key at once. Keys that it made stay in force.',
  params: z.strictObject({ id: keyId }),
  response: apiKey,
})

/** The operations of identity. */
export const identityOperations = [openSession, getSession, closeSession, listKeys, createKey, revokeKey]
