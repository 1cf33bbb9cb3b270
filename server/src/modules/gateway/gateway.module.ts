import type { Config } from '../../platform/config.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import { createProviderHttp } from './adapters/provider-http.ts'
import { createAttempts } from './attempts.service.ts'
import { createCachedAnswers } from './cache/cached-answers.ts'
import { createCachedEmbeddings } from './cache/cached-embeddings.ts'
import type { AttemptAccounting } from './calls/attempt.ts'
import { type CallAdmission, createCallAdmission } from './calls/call-admission.ts'
import type { CallDependencies } from './calls/call-dependencies.ts'
import { createMeter } from './calls/meter.ts'
import { createResolver, type ResolveOptions } from './calls/resolver.ts'
import { createDiscovery, type LocalServer } from './discovery.service.ts'
import { runBudgets } from './gateway.extensions.ts'
import type { GatewayPort, ModelCall } from './gateway.port.ts'
import { gatewayRoutes } from './gateway.routes.ts'
import type { Models, ModelsOptions } from './models.service.ts'
import { createModels } from './models.service.ts'
import { createTokenCount } from './operations/count-tokens.ts'
import { createCall } from './operations/execute-call.ts'
import { createRetention, type RetentionOptions } from './operations/retention.ts'
import { createStructured } from './operations/structured.ts'
import { createProviderCompatibility } from './providers/provider-compatibility.ts'
import { createProviderHealth } from './providers/provider-health.ts'
import { createProviders } from './providers.service.ts'
import { attemptsStore, type EndedAttempt, type NewAttempt } from './store/attempts.store.ts'
import { chatReply } from './wires/chat/chat-reply.ts'

export interface GatewayOptions
  extends RetentionOptions,
    Omit<ModelsOptions, 'onChanged'>,
    Omit<ResolveOptions, 'random'>,
    Pick<CallDependencies, 'log' | 'bounded'> {
  readonly budgets: Pick<BudgetsPort, 'openCallAccounting'>
  readonly extensions: Extensions
  /** Private addresses at which providers may be. */
  readonly addresses: readonly string[]
  /** Where servers of models are looked for on this machine; tests give their own. */
  readonly local_servers?: readonly LocalServer[]
  /** In [0, 1); tests give their own. */
  readonly random?: () => number
}

const sweep_every_ms = 30_000
const retire_every_ms = 3_600_000

export interface Gateway extends GatewayPort, AsyncDisposable {
  readonly models: Models
  /** Writes what calls have cost and is not written yet. */
  flushUsage(): Promise<void>
}

type GatewayModuleOptions = Omit<GatewayOptions, 'addresses' | 'attempt_days'> & {
  readonly config: Pick<Config, 'model_addresses' | 'attempt_days'>
}

export function gatewayModule({ config, ...given }: GatewayModuleOptions): {
  readonly gateway: Gateway
  readonly manifest: Manifest
} {
  const options = { ...given, addresses: config.model_addresses, attempt_days: config.attempt_days }
  const { addresses, bounded, random = Math.random }: GatewayOptions = options
  const http = createProviderHttp({ allow: addresses })
  const admission = createCallAdmission(options)
  const accounting = options.budgets.openCallAccounting<NewAttempt, EndedAttempt>({
    rows: attemptsStore,
    budgetVersion: admission.budgetVersion,
  })
  const streams = createOpenStreams()
  const resolver = createResolver({ ...options, random })
  const meter = createMeter()
  const caches = { answers: createCachedAnswers(bounded), embeddings: createCachedEmbeddings(bounded) }
  const call = createCall({
    ...{ log: options.log, bounded, random, resolver, accounting, admission, http, caches, meter },
    follow: streams.follow,
    health: createProviderHealth(),
    compatibility: createProviderCompatibility(),
  })
  const onChanged = (organization_id: string): void => {
    resolver.forget(organization_id)
    for (const cache of Object.values(caches)) cache.forget(organization_id)
  }
  const moduleOptions = { ...options, onChanged }
  const gateway: Gateway = {
    call: withKeyCheck(call, admission),
    countTokens: withKeyCheck(createTokenCount({ bounded, resolver, admission }), admission),
    readChat: chatReply,
    structured: createStructured(call),
    async spentByRun({ organization_id, run_id }) {
      await accounting.flush()
      return options.engine.transact((tx) => attemptsStore.spentByRun(tx, organization_id, run_id))
    },
    models: createModels(moduleOptions),
    flushUsage: accounting.flush,
    async [Symbol.asyncDispose]() {
      // Clients have gone by now; what is still read breaks off and is charged.
      await http[Symbol.asyncDispose]()
      await streams.ended()
      await accounting[Symbol.asyncDispose]()
    },
  }
  return {
    gateway,
    manifest: { ...manifestOf({ ...moduleOptions, http, accounting, gateway }), registerMetrics: meter.measure },
  }
}

/** Streams that go on after their calls have returned. */
function createOpenStreams() {
  const streams = new Set<Promise<void>>()
  return {
    follow(streamEnd: Promise<void>): void {
      // Whoever opened the stream hears of its failure; here only its end counts.
      const trackedStream = streamEnd.catch(() => {}).finally(() => streams.delete(trackedStream))
      streams.add(trackedStream)
    },
    ended: () => Promise.all(streams),
  }
}

interface ManifestDeps extends GatewayOptions {
  readonly gateway: Gateway
  readonly accounting: AttemptAccounting
  readonly http: ReturnType<typeof createProviderHttp>
  onChanged(organization_id: string): void
}

function manifestOf(options: ManifestDeps): Manifest {
  const { gateway, accounting, http } = options
  const routes = gatewayRoutes({
    gateway,
    providers: createProviders(options),
    models: gateway.models,
    attempts: createAttempts({ ...options, flush: accounting.flush }),
    budgetOf: (run_id) => options.extensions.of(runBudgets).map((one) => one.of(run_id))[0],
    discover: createDiscovery({ ...options, http }),
  })
  const jobs = [
    { name: 'gateway.lost', every_ms: sweep_every_ms, dueIn: attemptsStore.lostDueIn, run: accounting.sweep },
    { name: 'gateway.retention', every_ms: retire_every_ms, run: createRetention(options) },
  ]
  return {
    name: 'gateway',
    routes,
    jobs,
    clampTimes: attemptsStore.clampTimes,
  }
}

/** Answers nothing, not even a refusal, before the key is known to be good still. */
function withKeyCheck<Answer>(
  call: (modelCall: ModelCall) => Promise<Answer>,
  { checkKey }: Pick<CallAdmission, 'checkKey'>,
): (modelCall: ModelCall) => Promise<Answer> {
  return async (modelCall) => {
    const { organization_id, key_id } = modelCall
    if (key_id === null) return call(modelCall)
    const proof = checkKey({ organization_id, key_id })
    const [answer] = await Promise.allSettled([call(modelCall), proof])
    await proof
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  }
}
