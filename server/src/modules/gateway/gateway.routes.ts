import {
  countMessageTokens,
  createChatCompletion,
  createCompletion,
  createEmbeddings,
  createMessage,
  createResponse,
  getWireModel,
  listWireModels,
} from '@muster/contract/gateway/call.operations'
import {
  createModel,
  deleteModel,
  getModel,
  listAttempts,
  listModels,
  listModelVersions,
  putModel,
  verifyBudgets,
} from '@muster/contract/gateway/model.operations'
import {
  changeProvider,
  createProvider,
  deleteProvider,
  discoverProviders,
  getProvider,
  listProviders,
  testProvider,
} from '@muster/contract/gateway/provider.operations'
import type { ModelLimits } from '@muster/contract/identity/keys'
import type { JsonObject } from '@muster/contract/values'
import { invalid } from '../../platform/errors.ts'
import { answer, type RequestFacts, type Route, raw, route } from '../../platform/http/route.ts'
import { isUuid } from '../../platform/ids.ts'
import { keyIdOf } from '../../platform/principal.ts'
import type { Attempts } from './attempts.service.ts'
import type { Discover } from './discovery.service.ts'
import type { GatewayPort, ModelAnswer, ModelCall } from './gateway.port.ts'
import type { Wire } from './gateway.types.ts'
import { anthropicModel, type Models } from './models.service.ts'
import type { Providers } from './providers.service.ts'

export interface GatewayServices {
  readonly gateway: GatewayPort
  readonly providers: Providers
  readonly models: Models
  readonly attempts: Attempts
  readonly discover: Discover
  /** What a run may still spend; undefined for whoever is no run of this process. */
  budgetOf(run_id: string | undefined): ModelCall['run_budget']
}

export function gatewayRoutes(services: GatewayServices): readonly Route[] {
  return [...wireRoutes(services), ...managingRoutes(services)]
}

/** What OpenAI's and Anthropic's clients call. */
function wireRoutes({ gateway, models, budgetOf }: GatewayServices): readonly Route[] {
  const speak = async (request: RoutedCall, wire: Wire) =>
    answerOf(await gateway.call({ ...callOf(request, wire), run_budget: budgetOf(runOf(request.caller)?.run_id) }))
  return [
    route(createChatCompletion, (request) => speak(request, 'chat')),
    route(createEmbeddings, (request) => speak(request, 'embeddings')),
    route(createMessage, (request) => speak(request, 'messages')),
    route(createResponse, (request) => speak(request, 'responses')),
    route(createCompletion, (request) => speak(request, 'completions')),
    route(countMessageTokens, async (request) => ({
      input_tokens: await gateway.countTokens(callOf(request, 'messages')),
    })),
    route(listWireModels, ({ caller, headers, query }) =>
      isAnthropic(headers) ? models.wireOfAnthropic(caller, query) : models.wire(caller),
    ),
    route(getWireModel, async ({ caller, params, headers }) => {
      const model = await models.wireOne(caller, params.name)
      return isAnthropic(headers) ? anthropicModel(model) : model
    }),
  ]
}

function managingRoutes({ providers, models, attempts, discover }: GatewayServices): readonly Route[] {
  return [
    route(listProviders, ({ caller, query }) => providers.list(caller, query)),
    route(createProvider, ({ caller, body }) => providers.create(caller, body)),
    route(discoverProviders, ({ caller, signal }) => discover(caller, signal)),
    route(getProvider, ({ caller, params }) => providers.get(caller, params.id)),
    route(changeProvider, ({ caller, params, body }) => providers.change(caller, params.id, body)),
    route(deleteProvider, ({ caller, params }) => providers.remove(caller, params.id)),
    route(testProvider, ({ caller, params, signal }) => providers.test(caller, params.id, signal)),
    route(listModels, ({ caller, query }) => models.list(caller, query)),
    route(createModel, ({ caller, body }) => models.create(caller, body)),
    route(getModel, ({ caller, params }) => models.get(caller, params.name)),
    route(putModel, ({ caller, params, body }) => models.put(caller, params.name, body)),
    route(deleteModel, ({ caller, params }) => models.remove(caller, params.name)),
    route(listModelVersions, ({ caller, params, query }) => models.versions(caller, params.name, query)),
    route(listAttempts, ({ caller, query }) => attempts.list(caller, query)),
    route(verifyBudgets, ({ caller }) => attempts.verify(caller)),
  ]
}

/** Its clients name the version of the API with every request. */
const isAnthropic = (headers: RequestFacts['headers']): boolean => headers['anthropic-version'] !== undefined

interface RoutedCall extends Pick<RequestFacts, 'caller' | 'headers' | 'request_id' | 'signal'> {
  readonly body: object
}

function callOf({ caller, body, headers, request_id, signal }: RoutedCall, wire: Wire) {
  const { organization_id, principal, agent_id, scope, limits } = caller
  const run = runOf(caller)
  const project_id = scope ? scope.project_id : idIn(headers, 'x-muster-project')
  const goal_id = scope ? scope.goal_id : idIn(headers, 'x-muster-goal')
  // It came out of JSON.parse, and its schema keeps what it does not know.
  return {
    organization_id,
    key_id: keyIdOf(principal),
    agent_id,
    run,
    project_id,
    goal_id,
    request_id,
    wire,
    body: body as JsonObject,
    headers,
    signal,
    limits: modelLimitsOf(limits),
  }
}

/** The run that calls; undefined for any other caller. */
function runOf({ principal, scope }: Pick<RequestFacts['caller'], 'principal' | 'scope'>) {
  return principal.kind === 'run' && scope ? { run_id: principal.id, task_id: scope.task_id } : undefined
}

function modelLimitsOf(limits: RequestFacts['caller']['limits'] = {}): ModelLimits | undefined {
  const { model_requests_per_minute: requests_per_minute, model_tokens_per_minute: tokens_per_minute } = limits
  if (requests_per_minute === undefined && tokens_per_minute === undefined) return undefined
  return { requests_per_minute, tokens_per_minute }
}

/** Whom a call is charged to beside the organization and the key's agent: the headers say it, or the run whose key it is. */
function idIn(headers: RequestFacts['headers'], name: string): string | null {
  const id = headers[name]?.trim().toLowerCase()
  if (id === undefined || id === '') return null
  if (isUuid(id)) return id
  throw invalid(name, `${name} must be an ID.`)
}

function answerOf(modelAnswer: ModelAnswer) {
  const { model, model_version, provider, attempts, cache } = modelAnswer
  const headers = {
    'x-muster-model': `${model}@${model_version}`,
    'x-muster-provider': provider,
    'x-muster-attempts': String(attempts),
    ...(cache && { 'x-muster-cache': cache }),
  }
  // The provider's answer is passed on as it is: its schema is its own.
  if (modelAnswer.kind === 'whole') return answer(modelAnswer.body as never, { headers })
  const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  const { on_broken_stream: policy } = modelAnswer
  const policyHeaders = policy === 'error' ? {} : { 'x-muster-on-broken-stream': policy }
  return raw(modelAnswer.text, { headers: { ...headers, ...stream, ...policyHeaders } })
}
