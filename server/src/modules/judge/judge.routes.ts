import { commitVerdict, getAgreement, listTaskVerdicts, validateResult } from '@muster/contract/judge/operations'
import { type Route, route } from '../../platform/http/route.ts'
import type { Judge } from './judge.service.ts'

export function judgeRoutes(judge: Judge): readonly Route[] {
  return [
    route(validateResult, ({ caller, body }) => judge.validate(caller, body)),
    route(commitVerdict, ({ caller, body }) => judge.commit(caller, body.verdict_id)),
    route(getAgreement, ({ caller, query }) => judge.agreement(caller, query)),
    route(listTaskVerdicts, ({ caller, params, query }) => judge.ofTask(caller, params.id, query)),
  ]
}
