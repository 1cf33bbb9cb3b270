/**
 * Evaluates conditions that callers write, in CEL: a condition reads only its variables and always ends. Its worst-case
 * cost is computed before it runs, and `matches` runs on RE2.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { limits } from '@muster/contract/limits'
import { compileUserPattern } from '../../../platform/json/user-patterns.ts'
import { costOf, nodesOf, type Sizes, walksIn } from './condition-cost.ts'

/** A condition that cannot be parsed, fails, costs too much, or gives something other than true or false. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

type Context = Readonly<Record<string, unknown>>

/** Nested iterations take quadratic time. */
const walks_max = 1
const ns_per_ms = 1e6

/** The library's own `matches` backtracks and cannot be removed: calls of it are renamed to this function. */
const matches = 'matchesRe2'
const environment = new Environment({ unlistedVariablesAreDyn: true }).registerFunction(
  `string.${matches}(string): bool`,
  (text: string, pattern: string) => {
    const compiledPattern = compileUserPattern(pattern)
    if (!compiledPattern) throw new Error(`invalid or too large RE2 pattern: ${pattern}`)
    return compiledPattern.matcher(text).find()
  },
)

/** The problem of a condition that shows without variables, or null. */
export function conditionProblem(text: string): string | null {
  try {
    const { ast } = environment.parse(text)
    return walksIn(ast) > walks_max ? `it iterates over lists more than ${walks_max} time` : null
  } catch (error) {
    return messageOf(error)
  }
}

/** The worst-case time of the condition; 0 for one that cannot be parsed. */
export function conditionMs(text: string, context: Context, sizes: Sizes = { known: new WeakMap() }): number {
  try {
    return costOf(environment.parse(text).ast, context, sizes).ns / ns_per_ms
  } catch {
    return 0
  }
}

/** @throws ConditionError */
export function holds(text: string, context: Context, sizes: Sizes = { known: new WeakMap() }): boolean {
  let value: unknown
  try {
    const condition = environment.parse(text)
    testCost(condition.ast, context, sizes)
    sendMatches(condition.ast)
    value = condition({ ...context })
  } catch (error) {
    throw new ConditionError(`The condition ${JSON.stringify(text)} failed: ${messageOf(error)}`)
  }
  if (typeof value !== 'boolean')
    throw new ConditionError(`The condition ${JSON.stringify(text)} did not return true or false.`)
  return value
}

function testCost(ast: ASTNode, context: Context, sizes: Sizes): void {
  const { ns, size } = costOf(ast, context, sizes)
  if (ns > limits.condition_ms_max * ns_per_ms)
    throw new Error(`on values of this size it can take longer than ${limits.condition_ms_max} ms`)
  if (size > limits.condition_characters_max)
    throw new Error(
      `on values of this size it can create one with more than ${limits.condition_characters_max} characters`,
    )
}

function sendMatches(ast: ASTNode): void {
  for (const node of nodesOf(ast)) if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = matches
}

/** The first line of the error; the rest draws the place for terminals. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
