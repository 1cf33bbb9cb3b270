import type { AgentCreate } from '@muster/contract/agents/agents'
import { createAgent } from '@muster/contract/agents/operations'
import type { ErrorBody } from '@muster/contract/errors'
import { createKey } from '@muster/contract/identity/operations'
import type { InputOf, Operation, ResponseOf } from '@muster/contract/operation'
import { createProject } from '@muster/contract/projects/operations'
import type { ProjectCreate } from '@muster/contract/projects/projects'
import type { FastifyInstance } from 'fastify'

type Input<Op extends Operation> = Partial<InputOf<Op>> & { readonly headers?: Readonly<Record<string, string>> }

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** Of the envelope; undefined where the answer is not in it. */
  readonly data: unknown
  readonly error: ErrorBody | undefined
}

/** Somebody with a key, who does everything over the public API. */
export interface ApiClient {
  readonly organization_id: string
  readonly key: string
  /** The data of a good answer; throws for any other. What comes is checked against the operation's schema. */
  call<Op extends Operation>(operation: Op, input?: Input<Op>): Promise<ResponseOf<Op>>
  /** The answer, whatever it is. */
  send<Op extends Operation>(operation: Op, input?: Input<Op>): Promise<Answered>
  /** Another API client of the same organization: a person, or an agent with its key. */
  colleague(name: string, options?: { readonly agent_id?: string; readonly person_label?: string }): Promise<ApiClient>
  project(fields?: Partial<ProjectCreate>): Promise<ResponseOf<typeof createProject>>
  agent(fields?: Partial<AgentCreate>): Promise<ResponseOf<typeof createAgent>>
}

interface Program {
  readonly app: FastifyInstance
  createOrganization(name: string): Promise<{ readonly organization_id: string; readonly key: string }>
}

/**
 * Two organizations, always: whatever a test does in ours, theirs must not see it. Everything after that is made through
 * the public API.
 */
export async function twoOrganizations({
  app,
  createOrganization,
}: Program): Promise<{ readonly ours: ApiClient; readonly theirs: ApiClient }> {
  const ours = await createOrganization('Ours')
  const theirs = await createOrganization('Theirs')
  return { ours: apiClientOf(app, ours), theirs: apiClientOf(app, theirs) }
}

let made = 0
const newName = (noun: string): string => {
  made += 1
  return `${noun} ${made}`
}

export function apiClientOf(
  app: FastifyInstance,
  { organization_id, key }: Pick<ApiClient, 'organization_id' | 'key'>,
): ApiClient {
  const send = <Op extends Operation>(operation: Op, input: Input<Op> = {}): Promise<Answered> =>
    inject(app, { operation, input, key })
  const call: ApiClient['call'] = async (operation, input) => {
    const { status, data, error, text } = await send(operation, input)
    if (error !== undefined || status >= 400)
      throw new Error(`${operation.id} answered ${status}: ${text.slice(0, 500)}`)
    return operation.response.parse(data) as ResponseOf<typeof operation>
  }
  return {
    organization_id,
    key,
    call,
    send,
    async colleague(name, options = {}) {
      const { key } = await call(createKey, { body: { name, ...options } })
      return apiClientOf(app, { organization_id, key })
    },
    project: (fields = {}) => call(createProject, { body: { name: newName('Project'), ...fields } }),
    agent: (fields = {}) =>
      call(createAgent, { body: { name: newName('Agent'), runtime: 'remote', capabilities: ['write'], ...fields } }),
  }
}

async function inject(
  app: FastifyInstance,
  { operation, input, key }: { readonly operation: Operation; readonly input: Input<Operation>; readonly key: string },
): Promise<Answered> {
  const params = new Map(Object.entries((input.params ?? {}) as Record<string, unknown>))
  const url = operation.path.replace(/\{([a-z_]+)\}/g, (_match, name: string) =>
    encodeURIComponent(String(params.get(name))),
  )
  const query = Object.entries((input.query ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  )
  const answer = await app.inject({
    method: operation.method,
    url,
    query: Object.fromEntries(query.map(([name, value]) => [name, String(value)])),
    headers: {
      authorization: `Bearer ${key}`,
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...input.headers,
    },
    ...(input.body === undefined ? {} : { payload: JSON.stringify(input.body) }),
  })
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  // The test that reads it says what it is.
  const body = isJson ? (answer.json() as { data?: unknown; error?: ErrorBody | null }) : {}
  const data = operation.content === 'bare' ? body : body.data
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, data, error: body.error ?? undefined }
}
