import type { Manifest } from '../../platform/module.ts'
import { artifactRoutes } from './artifacts.routes.ts'
import { type Artifacts, type ArtifactsOptions, createArtifacts } from './artifacts.service.ts'

export function artifactsModule(options: ArtifactsOptions): {
  readonly artifacts: Artifacts
  readonly manifest: Manifest
} {
  const artifacts = createArtifacts(options)
  return {
    artifacts,
    manifest: {
      name: 'artifacts',
      routes: artifactRoutes(artifacts),
      jobs: artifacts.jobs,
      health: [{ name: 'blobs', critical: true, check: () => options.blobs.health() }],
    },
  }
}
