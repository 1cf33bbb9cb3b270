/** Resolves a call: its targets in their order, the providers with their keys, and the scopes that are charged. */
import { type ModelDefinition, modelDefinition } from '@muster/contract/gateway/models'
import type { Db, Tx } from '../../../platform/db/db.ts'
import { invalid, notFound } from '../../../platform/errors.ts'
import type { SecretBox } from '../../../platform/secrets.ts'
import type { SpendScopes } from '../../budgets/budgets.port.ts'
import type { IdentityPort } from '../../identity/identity.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import { offline_chat, offline_embeddings } from '../adapters/offline/offline.ts'
import { createShortCache } from '../cache/short-cache.ts'
import type { ModelCall } from '../gateway.port.ts'
import type { ModelInForce, Provider, Target } from '../gateway.types.ts'
import { offline_provider, openProvider } from '../providers/provider-keys.ts'
import { routeOf } from '../rules/routing.ts'
import { modelsStore } from '../store/models.store.ts'
import { providersStore } from '../store/providers.store.ts'

export interface ResolveOptions {
  readonly db: Db
  readonly projects: Pick<ProjectsPort, 'gates'>
  readonly identity: Pick<IdentityPort, 'findScope'>
  readonly secrets: SecretBox
  readonly random: () => number
}

export interface ResolvedCall {
  readonly model: ModelInForce
  readonly targets: readonly Target[]
  readonly providers: ReadonlyMap<string, Provider>
  readonly scopes: SpendScopes
}

/** A model and its providers, read once for many calls. */
interface Book {
  readonly model: ModelInForce
  readonly fallbacks: readonly ModelInForce[]
  readonly providers: ReadonlyMap<string, Provider>
}

export interface Resolver {
  /** Throws `not_found` for a model, project or goal that the organization does not have. */
  resolve(call: ModelCall): Promise<ResolvedCall>
  /** Drops everything that was read for the organization. */
  forget(organization_id: string): void
}

export function createResolver(options: ResolveOptions, now: () => number = () => performance.now()): Resolver {
  const books = createShortCache<Book>(now)
  const places = createShortCache<string | null>(now)
  return {
    async resolve(call) {
      const { organization_id, project_id, goal_id, agent_id } = call
      const name = String(call.body.model)
      const place = `${organization_id} ${project_id} ${goal_id}`
      const [{ model, fallbacks, providers }, chargedProjectId] = await Promise.all([
        books.of(`${organization_id} ${name}`, () => readBook(options, organization_id, name)),
        goal_id === null && project_id === null ? null : places.of(place, () => readProject(options, call)),
      ])
      const scopes = { organization_id, project_id: chargedProjectId, goal_id, agent_id }
      return { model, scopes, providers, targets: routeOf(model, fallbacks, options.random) }
    },
    forget(organization_id) {
      books.forget(organization_id)
      places.forget(organization_id)
    },
  }
}

function readBook({ db, secrets }: ResolveOptions, organization_id: string, name: string): Promise<Book> {
  return db.transact({ organization_id }, async (tx) => {
    const [model] = await inForce(tx, organization_id, [name])
    if (!model) throw notFound('model', name)
    const fallbacks = await fallbacksOf(tx, organization_id, model)
    const all = [model, ...fallbacks].flatMap(({ definition }) => definition.targets.map(({ provider }) => provider))
    const names = [...new Set(all)].filter((one) => one !== offline_provider.name)
    const rows = names.length > 0 ? await providersStore.findByNames(tx, organization_id, names) : []
    const providers = [offline_provider, ...rows.map((row) => openProvider(secrets, organization_id, row))]
    return { model, fallbacks, providers: new Map(providers.map((provider) => [provider.name, provider])) }
  })
}

/** Models that every organization has without making them. They cost nothing. */
export const builtin_models: ReadonlyMap<string, ModelDefinition> = new Map(
  [offline_chat, offline_embeddings].map((name) => [
    name,
    modelDefinition.parse({ targets: [{ provider: 'offline', model: name, prices: { uncached: 0, output: 0 } }] }),
  ]),
)

async function inForce(tx: Tx, organization_id: string, names: readonly string[]): Promise<readonly ModelInForce[]> {
  const builtin = names.flatMap((name) => {
    const definition = builtin_models.get(name)
    return definition ? [{ name, version: 0, definition }] : []
  })
  const others = names.filter((name) => !builtin_models.has(name))
  return [...builtin, ...(others.length > 0 ? await modelsStore.findByNames(tx, organization_id, others) : [])]
}

/** In the order that the definition names them; one that is gone is passed over. */
async function fallbacksOf(
  tx: Tx,
  organization_id: string,
  { definition }: ModelInForce,
): Promise<readonly ModelInForce[]> {
  const names = definition.fallbacks
  if (names.length === 0) return []
  const models = await inForce(tx, organization_id, names)
  return names.flatMap((name) => models.find((one) => one.name === name) ?? [])
}

/** The project that a call is charged to: the one it names, or that of its goal. */
function readProject({ db, projects, identity }: ResolveOptions, call: ModelCall): Promise<string | null> {
  const { organization_id, goal_id } = call
  return db.transact({ organization_id }, async (tx) => {
    const goal =
      goal_id === null ? undefined : await identity.findScope(tx, { organization_id, kind: 'goal', ref: goal_id })
    if (goal_id !== null && !goal) throw notFound('goal', goal_id)
    const project_id = call.project_id ?? goal?.project_id ?? null
    if (goal && project_id !== goal.project_id)
      throw invalid('x-muster-goal', `Goal ${goal_id} is not in project ${project_id}.`, goal_id)
    if (project_id !== null) {
      const [gate] = await projects.gates(tx, [{ organization_id, project_id }], 'none')
      if (!gate) throw notFound('project', project_id)
    }
    return project_id
  })
}
