import {
  type Agent,
  type AgentChange,
  type AgentCreate,
  agentCreate,
  type CommandLineSettings,
  type ModelSettings,
} from '@muster/contract/agents/agents'
import type { PersonaGiven } from '@muster/contract/agents/personas'
import { limits } from '@muster/contract/limits'
import { dollarsOf, microUsdOf } from '../../components/dollars.ts'

export type OfferedRuntime = AgentCreate['runtime']

/** An agent as it is typed: all of it text, until it is read as a whole. */
export interface AgentDraft {
  readonly name: string
  readonly description: string
  readonly runtime: OfferedRuntime
  /** With commas between. */
  readonly capabilities: string
  readonly live_runs_max: string
  readonly alias: string
  readonly tools: readonly string[]
  readonly may_ask: boolean
  readonly steps_max: string
  readonly output_tokens_max: string
  readonly temperature: string
  readonly dollars_max: string
  readonly tokens_max: string
  readonly adapter: string
  readonly cli_model: string
  readonly repository: string
  readonly metered: boolean
}

/** What is wrong, by the field of the draft. */
export type Problems = ReadonlyMap<keyof AgentDraft, string>

type Read<Body> = { readonly body: Body } | { readonly problems: Problems }

/** A draft that begins with an agent, or with what a new one of runtime `model` begins with. */
export function draftOf(agent: Agent | undefined): AgentDraft {
  const { model, command_line } = agent ?? {}
  const number = (value: number | undefined): string => (value === undefined ? '' : String(value))
  return {
    name: agent?.name ?? '',
    description: agent?.description ?? '',
    // A user is no agent that anybody makes here.
    runtime: agent === undefined ? 'model' : agent.runtime === 'user' ? 'remote' : agent.runtime,
    capabilities: agent?.capabilities.join(', ') ?? '',
    live_runs_max: number(agent?.live_runs_max),
    alias: model?.alias ?? '',
    tools: model?.tools ?? [],
    may_ask: model?.may_ask ?? true,
    steps_max: String(model?.steps_max ?? limits.agent_steps_default),
    output_tokens_max: String(model?.output_tokens_max ?? limits.model_output_tokens_default),
    temperature: number(model?.temperature),
    dollars_max: model?.cost_micro_usd_max === undefined ? '' : dollarsOf(model.cost_micro_usd_max),
    tokens_max: number(model?.tokens_max),
    adapter: command_line?.adapter ?? '',
    cli_model: command_line?.model ?? '',
    repository: command_line?.repository ?? '',
    metered: command_line?.metered ?? true,
  }
}

/** What makes a new agent, or what is wrong with it. */
export function createOf(draft: AgentDraft, persona: PersonaGiven | undefined): Read<AgentCreate> {
  const { fields, problems } = fieldsOf(draft)
  const raw = { ...fields, runtime: draft.runtime, ...(persona && { persona }) }
  const result = agentCreate.safeParse(raw)
  if (problems.size === 0 && result.success) return { body: result.data }
  for (const { path, message } of result.error?.issues ?? []) note(problems, path, message)
  return { problems }
}

/** What changes an agent. Its runtime stays: a run that another kind of agent would do is another agent’s. */
export function changeOf(draft: AgentDraft): Read<AgentChange> {
  const result = createOf(draft, undefined)
  if ('problems' in result) return result
  const { runtime: _runtime, persona: _persona, ...body } = result.body
  return { body }
}

/** The names between commas, each once. */
export function namesIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

function fieldsOf(draft: AgentDraft) {
  const problems = new Map<keyof AgentDraft, string>()
  const live_runs_max = wholeIn(draft, 'live_runs_max', problems)
  const fields = {
    name: draft.name.trim(),
    ...(draft.description.trim() !== '' && { description: draft.description.trim() }),
    capabilities: namesIn(draft.capabilities),
    ...(live_runs_max !== undefined && { live_runs_max }),
    ...(draft.runtime === 'model' && { model: modelOf(draft, problems) }),
    ...(draft.runtime === 'cli' && { command_line: commandLineOf(draft) }),
  }
  return { fields, problems }
}

type Noted = Map<keyof AgentDraft, string>

function modelOf(draft: AgentDraft, problems: Noted): Partial<ModelSettings> {
  const [steps_max, output_tokens_max, tokens_max] = (['steps_max', 'output_tokens_max', 'tokens_max'] as const).map(
    (name) => wholeIn(draft, name, problems),
  )
  const temperature = draft.temperature.trim() === '' ? undefined : Number(draft.temperature)
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2))
    problems.set('temperature', 'Enter a number from 0 to 2, or leave empty')
  const cost_micro_usd_max = draft.dollars_max.trim() === '' ? undefined : microUsdOf(draft.dollars_max)
  if (draft.dollars_max.trim() !== '' && cost_micro_usd_max === undefined)
    problems.set('dollars_max', 'Enter an amount such as 0.50, or leave empty')
  if (draft.alias === '') problems.set('alias', 'Select a model')
  return {
    alias: draft.alias,
    tools: draft.tools,
    may_ask: draft.may_ask,
    ...(steps_max !== undefined && { steps_max }),
    ...(output_tokens_max !== undefined && { output_tokens_max }),
    ...(tokens_max !== undefined && { tokens_max }),
    ...(temperature !== undefined && { temperature }),
    ...(cost_micro_usd_max !== undefined && { cost_micro_usd_max }),
  }
}

function commandLineOf({ adapter, cli_model, repository, metered }: AgentDraft): Partial<CommandLineSettings> {
  return {
    adapter: adapter.trim(),
    metered,
    ...(cli_model !== '' && { model: cli_model }),
    ...(repository.trim() !== '' && { repository: repository.trim() }),
  }
}

/** A whole number, or nothing where the field is empty. */
function wholeIn(draft: AgentDraft, name: keyof AgentDraft, problems: Noted): number | undefined {
  const text = String(draft[name]).trim()
  if (text === '') return undefined
  if (!/^\d{1,9}$/.test(text)) problems.set(name, 'Enter a whole number')
  return Number(text)
}

/** Fields of the contract that stand under another name in the form. */
const places: Readonly<Record<string, keyof AgentDraft>> = {
  'model.alias': 'alias',
  'model.tools': 'tools',
  'model.steps_max': 'steps_max',
  'model.output_tokens_max': 'output_tokens_max',
  'model.temperature': 'temperature',
  'model.cost_micro_usd_max': 'dollars_max',
  'model.tokens_max': 'tokens_max',
  'command_line.adapter': 'adapter',
  'command_line.model': 'cli_model',
  'command_line.repository': 'repository',
  capabilities: 'capabilities',
  description: 'description',
  live_runs_max: 'live_runs_max',
}

function note(problems: Noted, path: readonly PropertyKey[], message: string): void {
  const place = places[path.slice(0, 2).join('.')] ?? places[String(path[0])] ?? 'name'
  if (!problems.has(place))
    problems.set(place, place === 'capabilities' && path.length === 1 ? 'Enter at least one' : message)
}
