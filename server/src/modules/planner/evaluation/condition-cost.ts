/**
 * The worst-case cost of a condition, from its own text and the sizes of its variables, before it runs: time, and the
 * size of the largest value that it builds. Estimates are bounds, not predictions: a walk over a list counts as if it
 * went over all of it.
 */

import type { ASTNode } from '@marcbachmann/cel-js'
import { fieldOf } from '@muster/contract/platform/objects'
import { patternSize } from '../../../platform/json/user-patterns.ts'

export interface Cost {
  readonly ns: number
  /** Characters of the result as JSON, about. */
  readonly size: number
}

export interface Sizes {
  /** Sizes of the variables and of each value inside them, so that no value is measured twice. */
  readonly known: WeakMap<object, number>
}

/** The macros of CEL that iterate over a list. */
const walks = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])
const node_ns = 200
/** Comparing, copying or searching one character. */
const character_ns = 2
const instruction_ns = 100
const scalar_size = 20

interface KnownCost extends Cost {
  /** The value itself, where it is one of the variables or inside one. */
  readonly value?: unknown
  /** Elements, where it is a list. */
  readonly items: number
}

type Scope = ReadonlyMap<string, KnownCost>

export function costOf(ast: ASTNode, context: Readonly<Record<string, unknown>>, sizes: Sizes): Cost {
  const scope = new Map(Object.entries(context).map(([name, value]) => [name, knownValueCost(value, sizes)] as const))
  return cost(ast, scope, sizes)
}

/** How many times a condition goes over a list. */
export function walksIn(ast: ASTNode): number {
  const here = ast.op === 'rcall' && walks.has(ast.args[0]) ? 1 : 0
  return childrenOf(ast).reduce((sum, child) => sum + walksIn(child), here)
}

/** Every node, from the outside in. */
export function* nodesOf(ast: ASTNode): Generator<ASTNode> {
  yield ast
  for (const child of childrenOf(ast)) yield* nodesOf(child)
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return []
  return [node.args]
    .flat(3)
    .filter((part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part)
}

function cost(node: ASTNode, scope: Scope, sizes: Sizes): KnownCost {
  if (node.op === 'value') return newValueCost(node_ns, typeof node.args === 'string' ? node.args.length : scalar_size)
  if (node.op === 'id') return scope.get(node.args) ?? newValueCost(node_ns, scalar_size)
  if (node.op === '.' || node.op === '.?') return part(cost(node.args[0], scope, sizes), node.args[1], sizes)
  if (node.op === '[]' || node.op === '[?]') {
    const [list, index] = node.args
    const of = cost(list, scope, sizes)
    const key = index.op === 'value' ? String(index.args) : undefined
    return { ...part(of, key, sizes), ns: of.ns + cost(index, scope, sizes).ns + node_ns }
  }
  if (node.op === 'rcall' && walks.has(node.args[0])) return walk(node.args, scope, sizes)
  if (node.op === 'rcall' && node.args[0] === 'bind') return bind(node.args[2], scope, sizes)
  const of = childrenOf(node).map((child) => cost(child, scope, sizes))
  const own = of.map(({ size }) => size)
  const sum = own.reduce((total, size) => total + size, 0)
  const ns = of.reduce((total, one) => total + one.ns, node_ns)
  if (node.op === 'rcall') return newValueCost(ns + callNs(node.args, own), callSize(node.args[0], own))
  if (node.op === '?:') return newValueCost(ns, Math.max(...own))
  if (node.op === '&&' || node.op === '||' || node.op === '!_') return newValueCost(ns, scalar_size)
  return newValueCost(
    ns + sum * character_ns,
    node.op === '+' || node.op === 'list' || node.op === 'map' ? sum : sum * 2 + 64,
  )
}

type Call = Extract<ASTNode, { readonly op: 'rcall' }>['args']

/** What a function adds to the time of its receiver and arguments. A search may meet its worst case at every character. */
function callNs([name, , args]: Call, [size = 0, other = scalar_size]: readonly number[]): number {
  if (name === 'contains' || name === 'indexOf' || name === 'lastIndexOf') return (size * other * character_ns) / 2
  if (name !== 'matches') return (size + other) * character_ns
  const [pattern] = args
  const instructions = pattern?.op === 'value' ? patternSize(String(pattern.args)) : other * 100
  return size * instructions * instruction_ns
}

function callSize(name: string, [size = 0, other = 0]: readonly number[]): number {
  if (name === 'join') return size * (1 + other)
  if (name === 'split') return size * 4
  return size * 2 + other + scalar_size
}

function walk([name, receiver, args]: Call, scope: Scope, sizes: Sizes): KnownCost {
  const list = cost(receiver, scope, sizes)
  const item = itemOf(list, sizes)
  const variable = args[0]?.op === 'id' ? args[0].args : ''
  const inner = new Map(scope).set(variable, item)
  const body = args.slice(1).map((step) => cost(step, inner, sizes))
  const ns = list.ns + (list.items + 1) * body.reduce((sum, one) => sum + one.ns, node_ns)
  const size =
    name === 'map' ? (list.items + 1) * ((body.at(-1)?.size ?? 0) + 1) : name === 'filter' ? list.size : scalar_size
  return { ns, size, items: name === 'map' || name === 'filter' ? list.items : 0 }
}

function bind([name, value, body]: readonly ASTNode[], scope: Scope, sizes: Sizes): KnownCost {
  if (name?.op !== 'id' || !value || !body) return newValueCost(node_ns, scalar_size)
  const bindingCost = cost(value, scope, sizes)
  const result = cost(body, new Map(scope).set(name.args, { ...bindingCost, ns: node_ns }), sizes)
  return { ...result, ns: bindingCost.ns + result.ns }
}

/** A field or an element: exact where it is inside a variable; of a computed value, anything inside it. */
function part(of: KnownCost, key: string | undefined, sizes: Sizes): KnownCost {
  if (typeof of.value === 'object' && of.value !== null && key !== undefined) {
    const inner = Object.hasOwn(of.value, key) ? fieldOf(of.value, key) : undefined
    return { ...knownValueCost(inner, sizes), ns: of.ns + node_ns }
  }
  return { ns: of.ns + node_ns, size: of.size, items: of.items }
}

function itemOf(list: KnownCost, sizes: Sizes): KnownCost {
  if (!Array.isArray(list.value)) return { ns: node_ns, size: list.size, items: list.items }
  const size = list.value.reduce<number>((most, item) => Math.max(most, sizeOf(item, sizes)), scalar_size)
  return { ns: node_ns, size, items: size }
}

function knownValueCost(value: unknown, sizes: Sizes): KnownCost {
  const size = sizeOf(value, sizes)
  return { ns: node_ns, size, items: Array.isArray(value) ? value.length : size, value }
}

function newValueCost(ns: number, size: number): KnownCost {
  return { ns, size, items: size }
}

function sizeOf(value: unknown, sizes: Sizes): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return scalar_size
  const knownSize = sizes.known.get(value)
  if (knownSize !== undefined) return knownSize
  let size = 2
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item, sizes)
  else for (const [key, inner] of Object.entries(value)) size += key.length + sizeOf(inner, sizes)
  sizes.known.set(value, size)
  return size
}
