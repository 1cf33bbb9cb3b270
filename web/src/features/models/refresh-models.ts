import { getModel, listModels, listModelVersions } from '@muster/contract/gateway/model.operations'
import { queryClient } from '../../api/query.ts'

/** Asks again what a change of a model touches. */
export function refreshModels(): Promise<unknown> {
  const touched = [listModels.id, listModelVersions.id, getModel.id]
  return Promise.all(touched.map((id) => queryClient.invalidateQueries({ queryKey: [id] })))
}
