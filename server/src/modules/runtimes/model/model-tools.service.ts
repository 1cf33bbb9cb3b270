import { limits } from '@muster/contract/limits'
import type { PersonQuestion } from '@muster/contract/runtimes/questions'
import { cutText } from '@muster/contract/texts/graphemes'
import { type Json, type JsonObject, jsonProblem } from '@muster/contract/values'
import { z } from 'zod'
import { writtenJson } from '../../../platform/json/written-json.ts'
import { storable } from '../../../platform/text/storable.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { AgentAtWork } from '../../agents/agents.port.ts'
import { type CapabilityContext, CapabilityError, inputSchemaOf, type ToolsPort } from '../../tools/tools.port.ts'
import { misfitOf } from '../misfit.service.ts'
import { jsonText } from '../rules/task-prompt.rules.ts'

/** One call of a tool as the model wrote it. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text, as far as the model wrote valid JSON. */
  readonly input: string
}

/** The outcome of a tool call: an answer for the model, the result of the run, or a question for a person. */
export type ToolOutcome =
  | { readonly what: 'answer'; readonly text: string; readonly failed: boolean; readonly sources?: readonly string[] }
  | { readonly what: 'result'; readonly output: Json }
  | { readonly what: 'question'; readonly question: string; readonly options: readonly string[] }

export interface RunTools {
  /** As chat completions define tools. */
  readonly definitions: readonly JsonObject[]
  use(call: ToolCall, context: CapabilityContext): Promise<ToolOutcome>
}

const question = z.object({
  question: z.string().trim().min(1).max(limits.reason_bytes_max),
  options: z.array(z.string().trim().min(1).max(limits.name_characters_max)).max(limits.questions_max).default([]),
})

export interface ToolDeps {
  readonly tools: ToolsPort
  readonly bounded: Pick<Bounded, 'run'>
}

/** The tools of a model's run: the built-in capabilities its agent may use, `submit_result`, and `ask_person`. */
export function runTools(
  { tools, bounded }: ToolDeps,
  agent: AgentAtWork,
  output_schema: JsonObject | undefined,
): RunTools {
  const allowedTools = new Set(agent.settings.model?.tools ?? [])
  const may_ask = agent.settings.model?.may_ask ?? false
  const definitions = [
    ...[...tools.capabilities.values()]
      .filter(({ name }) => allowedTools.has(name))
      .map((capability) => toolDefinition(capability.name, capability.summary, inputSchemaOf(capability))),
    submitTool(output_schema),
    ...(may_ask ? [askTool] : []),
  ]

  async function use({ name, input: text }: ToolCall, context: CapabilityContext): Promise<ToolOutcome> {
    const input = parseArguments(text)
    if (input === undefined) return refusal('The arguments are no JSON object.')
    if (name === 'submit_result') return submitOutcome(bounded, input, output_schema)
    if (name === 'ask_person' && may_ask) return askOutcome(input)
    const capability = allowedTools.has(name) ? tools.capabilities.get(name) : undefined
    if (!capability) return refusal(`There is no tool ${name}.`)
    try {
      const { output, sources } = await capability.run(input, context)
      const { tool_answer_characters_max: max } = limits
      const answer = jsonText(output)
      const shortAnswer = answer.length > max ? `${cutText(answer, max)}\n… (cut)` : answer
      return { what: 'answer', text: shortAnswer, failed: false, ...(sources && { sources }) }
    } catch (error) {
      if (context.signal.aborted || !(error instanceof CapabilityError)) throw error
      return refusal(`${error.code}: ${error.message}`)
    }
  }

  return { definitions, use }
}

const refusal = (text: string): ToolOutcome => ({ what: 'answer', text, failed: true })

async function submitOutcome(
  bounded: ToolDeps['bounded'],
  input: JsonObject,
  schema: JsonObject | undefined,
): Promise<ToolOutcome> {
  const output = input.output ?? null
  const jsonLimits = { max_bytes: limits.inline_bytes_max, max_depth: limits.json_depth_max }
  const problem = jsonProblem(output, jsonLimits) ?? (await misfitOf(bounded, { schema, value: output }))
  return problem === undefined ? { what: 'result', output } : refusal(`The result does not fit: ${problem}`)
}

function askOutcome(input: JsonObject): ToolOutcome {
  const { data } = question.safeParse(input)
  return data
    ? { what: 'question', question: storable(data.question), options: data.options.map(storable) }
    : refusal('ask_person takes a question and, at most, options.')
}

/** A text that the model gave instead of a call becomes the result, where it fits. */
export async function resultOfText(
  bounded: ToolDeps['bounded'],
  text: string,
  schema: JsonObject | undefined,
): Promise<ToolOutcome> {
  if (!schema) return { what: 'result', output: { text } }
  const output = writtenJson(text, 'whole')
  return output === undefined
    ? refusal('Give the result by calling submit_result.')
    : submitOutcome(bounded, { output }, schema)
}

/** The answer of a person, as the tool's answer. */
export function answerText({ answer }: Pick<PersonQuestion, 'answer'>): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer)
}

function toolDefinition(name: string, description: string, parameters: JsonObject): JsonObject {
  return { type: 'function', function: { name, description, parameters } }
}

const submitTool = (schema: JsonObject | undefined): JsonObject =>
  toolDefinition('submit_result', 'Hands the whole result in and ends the work.', {
    type: 'object',
    properties: { output: schema ?? { description: 'The result, any JSON.' } },
    required: ['output'],
  })

const askTool = toolDefinition('ask_person', 'Asks a person for a decision. The work rests until it is answered.', {
  type: 'object',
  properties: {
    question: { type: 'string', description: 'Everything one has to know to answer it.' },
    options: { type: 'array', items: { type: 'string' }, description: 'Answers to choose from.' },
  },
  required: ['question'],
})

function parseArguments(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    // What was parsed from JSON holds nothing else.
    return isObject ? (value as JsonObject) : undefined
  } catch {
    // The model is told so and may write it again.
    return undefined
  }
}
