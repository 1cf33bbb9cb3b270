import {
  getArtifact,
  getArtifactContent,
  getArtifactLineage,
  listArtifacts,
  uploadArtifacts,
} from '@muster/contract/artifacts/operations'
import { type Route, raw, route } from '../../platform/http/route.ts'
import type { Artifacts } from './artifacts.service.ts'

export function artifactsRoutes(artifacts: Artifacts): readonly Route[] {
  return [
    route(listArtifacts, ({ caller, query }) => artifacts.list(caller, query)),
    route(uploadArtifacts, ({ caller, body: fields, files }) => artifacts.upload(caller, { fields, files })),
    route(getArtifact, ({ caller, params }) => artifacts.get(caller, params.id)),
    route(getArtifactContent, async ({ caller, params, headers }) => {
      const { range, 'if-range': if_range, 'if-none-match': if_none_match } = headers
      const { body, ...how } = await artifacts.download(caller, params.id, { range, if_range, if_none_match })
      return raw(body ?? '', how)
    }),
    route(getArtifactLineage, ({ caller, params }) => artifacts.lineage(caller, params.id)),
  ]
}
