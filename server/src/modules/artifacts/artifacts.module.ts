import { fragment } from '../../platform/db/sql.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import { artifactsRoutes } from './artifacts.routes.ts'
import { type Artifacts, type ArtifactsOptions, createArtifacts } from './artifacts.service.ts'

const search: SearchSource = {
  kind: 'artifact',
  by: [],
  rows: fragment`select organization_id, artifact_id as id, name as title, null::int as number, project_id, goal_id,
    type as status from artifacts_names_v`,
}

export function artifactsModule(options: ArtifactsOptions): {
  readonly artifacts: Artifacts
  readonly manifest: Manifest
} {
  const artifacts = createArtifacts(options)
  return {
    artifacts,
    manifest: {
      name: 'artifacts',
      routes: artifactsRoutes(artifacts),
      jobs: artifacts.jobs,
      search: [search],
      health: [{ name: 'blobs', critical: true, check: () => options.blobs.health() }],
    },
  }
}
