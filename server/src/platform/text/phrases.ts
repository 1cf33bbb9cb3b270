/**
 * Finds many words and phrases in one pass over a text, however many there are: the automaton of A. V. Aho and M. J. Corasick,
 * "Efficient string matching" (1975). Case does not matter, any white space stands for any other, and a phrase that begins or
 * ends with a letter or digit is not found inside a longer word.
 */

export interface Phrases {
  /** The first places in the text, by the index of their phrase; phrases that are not in it are left out. */
  find(text: string, places_max: number): ReadonlyMap<number, readonly Place[]>
}

type Place = readonly [start: number, end: number]

interface Node {
  readonly next: Map<number, Node>
  /** Where the search continues when the next character does not fit. */
  fallback: Node | undefined
  /** The phrases that end here, also as the end of a longer one. */
  readonly ends: number[]
  readonly depth: number
}

const space = 32

export function compilePhrases(phrases: readonly string[]): Phrases {
  const foldedPhrases = phrases.map((phrase) => fold(phrase.trim()).codes)
  const root = newNode(0)
  for (const [index, codes] of foldedPhrases.entries()) if (codes.length > 0) insert(root, codes).ends.push(index)
  link(root)
  return {
    find: (text, places_max) => find({ root, lengths: foldedPhrases.map(({ length }) => length), places_max }, text),
  }
}

function newNode(depth: number): Node {
  return { next: new Map(), fallback: undefined, ends: [], depth }
}

function insert(root: Node, codes: readonly number[]): Node {
  let node = root
  for (const code of codes) {
    const next = node.next.get(code) ?? newNode(node.depth + 1)
    node.next.set(code, next)
    node = next
  }
  return node
}

/** Breadth first, so that the fallback of each node is known before those of the nodes below it. */
function link(root: Node): void {
  const queue = [root]
  for (const node of queue) {
    for (const [code, child] of node.next) {
      child.fallback = node === root ? root : stepFrom(node.fallback ?? root, code, root)
      child.ends.push(...child.fallback.ends)
      queue.push(child)
    }
  }
}

function stepFrom(from: Node, code: number, root: Node): Node {
  for (let node: Node | undefined = from; node; node = node.fallback) {
    const next = node.next.get(code)
    if (next) return next
  }
  return root
}

interface Search {
  readonly root: Node
  /** Of each phrase, folded. */
  readonly lengths: readonly number[]
  readonly places_max: number
}

function find({ root, lengths, places_max }: Search, text: string): ReadonlyMap<number, readonly Place[]> {
  const placesByPhrase = new Map<number, Place[]>()
  const { codes, from } = fold(text)
  let node = root
  for (const [at, code] of codes.entries()) {
    node = stepFrom(node, code, root)
    for (const index of node.ends) {
      const places = placesByPhrase.get(index) ?? []
      const first = at + 1 - (lengths[index] ?? 0)
      if (places.length >= places_max || !isWhole(codes, first, at)) continue
      places.push([from[first] ?? 0, from[at + 1] ?? 0])
      placesByPhrase.set(index, places)
    }
  }
  return placesByPhrase
}

/** Whether the match is not part of a longer word. */
function isWhole(codes: readonly number[], first: number, last: number): boolean {
  const begins = isWordCode(codes[first]) && isWordCode(codes[first - 1])
  return !begins && !(isWordCode(codes[last]) && isWordCode(codes[last + 1]))
}

function isWordCode(code: number | undefined): boolean {
  if (code === undefined) return false
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
  return /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code))
}

interface Folded {
  readonly codes: readonly number[]
  /** For each code its place in the text, and at the end the length of the text. */
  readonly from: readonly number[]
}

/** Small letters, composed, and one space for any run of white space. */
function fold(text: string): Folded {
  const codes: number[] = []
  const from: number[] = []
  const add = (character: string, at: number): void => {
    for (let index = 0; index < character.length; index++) {
      const code = foldCode(character.charCodeAt(index))
      if (code === space && codes.at(-1) === space) continue
      codes.push(code)
      from.push(at)
    }
  }
  let start = 0
  // A letter and its marks become one character, so that it is found however it was typed.
  for (const { index, 0: marked } of text.matchAll(/[^\p{M}]\p{M}{1,30}/gu)) {
    for (let at = start; at < index; at++) add(text.charAt(at), at)
    add(marked.normalize('NFC'), index)
    start = index + marked.length
  }
  for (let at = start; at < text.length; at++) add(text.charAt(at), at)
  from.push(text.length)
  return { codes, from }
}

function foldCode(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code >= 9 && code <= 13 ? space : code
  const character = String.fromCharCode(code)
  if (/\s/.test(character)) return space
  // Folded through upper case, so that all forms of a letter become one; a character that becomes longer stays.
  const small = character.toUpperCase().toLowerCase()
  return small.length === 1 ? small.charCodeAt(0) : code
}
