import { z } from 'zod'
import { artifactId } from '../ids.ts'
import { operation } from '../operation.ts'
import { artifact, artifactList, artifactQuery, artifactUpload, lineage } from './artifacts.ts'
import { artifactsLimits } from './limits.ts'

const params = z.strictObject({ id: artifactId })

export const listArtifacts = operation({
  id: 'artifacts.list',
  method: 'GET',
  path: '/api/v1/artifacts',
  permission: 'artifacts:read',
  audit: false,
  summary: 'Lists artifacts, newest first.',
  query: artifactQuery,
  response: artifactList,
})

export const uploadArtifacts = operation({
  id: 'artifacts.upload',
  method: 'POST',
  path: '/api/v1/artifacts',
  permission: 'artifacts:write',
  limits: { body_bytes: artifactsLimits.goal_input_bytes_max },
  audit: true,
  summary: 'Uploads one or more files as multipart form data: the fields first, then parts named `file`.',
  body: artifactUpload,
  body_content: 'multipart',
  response: artifactList,
  status: 201,
})

export const getArtifact = operation({
  id: 'artifacts.get',
  method: 'GET',
  path: '/api/v1/artifacts/{id}',
  permission: 'artifacts:read',
  audit: false,
  summary: 'Gives what is known of an artifact, without its content.',
  params,
  response: artifact,
})

export const getArtifactContent = operation({
  id: 'artifacts.content',
  method: 'GET',
  path: '/api/v1/artifacts/{id}/content',
  permission: 'artifacts:read',
  audit: false,
  summary: 'Gives the content as an attachment. Ranges work; the ETag is the SHA-256.',
  params,
  response: z.undefined(),
  other_statuses: [206],
  content: 'bytes',
  headers: ['Range', 'If-None-Match'],
})

export const getArtifactLineage = operation({
  id: 'artifacts.lineage',
  method: 'GET',
  path: '/api/v1/artifacts/{id}/lineage',
  permission: 'artifacts:read',
  audit: false,
  summary: 'Gives what an artifact was made of and what was made of it.',
  params,
  response: lineage,
})

/** The operations of artifacts. */
export const artifactsOperations = [listArtifacts, uploadArtifacts, getArtifact, getArtifactContent, getArtifactLineage]
