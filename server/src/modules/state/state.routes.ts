import {
  getDocument,
  getDocumentDiff,
  getDocumentHistory,
  getGlobalState,
  listDocuments,
  putDocument,
  updateGlobalState,
} from '@muster/contract/state/operations'
import { namesTag } from '../../platform/http/files/etags.ts'
import { answer, expectedVersion, type Route, raw, route } from '../../platform/http/route.ts'
import type { State } from './state.service.ts'

export function stateRoutes({ documents, global }: State): readonly Route[] {
  const addressOf = (params: { readonly id: string; readonly key: string }) => ({
    project_id: params.id,
    document: params.key,
  })
  return [
    route(listDocuments, ({ caller, params, query }) => documents.list(caller, params.id, query)),
    route(getDocument, async ({ caller, params, query, headers }) => {
      const document = await documents.get(caller, addressOf(params), query.version)
      const etag = `"${document.version}"`
      if (namesTag(headers['if-none-match'], etag)) return raw('', { status: 304, headers: { etag } })
      return answer(document, { headers: { etag } })
    }),
    route(putDocument, async ({ caller, params, body: { value }, headers }) => {
      const document = await documents.put(caller, addressOf(params), { value, if_match: expectedVersion(headers) })
      return answer(document, { headers: { etag: `"${document.version}"` } })
    }),
    route(getDocumentHistory, ({ caller, params, query }) => documents.history(caller, addressOf(params), query)),
    route(getDocumentDiff, ({ caller, params, query }) => documents.diff(caller, addressOf(params), query)),
    route(getGlobalState, ({ caller, params }) => global.get(caller, params.agent_id)),
    route(updateGlobalState, ({ caller, body }) => global.update(caller, body)),
  ]
}
