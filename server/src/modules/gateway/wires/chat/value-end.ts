/**
 * Follows arguments that come in pieces up to the end of their JSON value: an object, a list, a text or `null`. It looks
 * at each character once, however small the pieces are.
 */
export interface ValueEnd {
  add(text: string): void
  /** The value has ended, and nothing but white space stands behind it. */
  hasEnded(): boolean
}

const null_text = 'null'

export function createValueEnd(): ValueEnd {
  let depth = 0
  let word = ''
  let isInText = false
  let isEscaped = false
  let hasEnded = false
  let hasMore = false

  function addInText(character: string): void {
    if (isEscaped) isEscaped = false
    else if (character === '\\') isEscaped = true
    else if (character === '"') isInText = false
    hasEnded = depth === 0 && !isInText
  }

  function add(character: string): void {
    if (isInText) addInText(character)
    else if (hasEnded) hasMore ||= character.trim() !== ''
    else if (character === '"') isInText = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      hasEnded = depth === 0
    } else if (depth === 0 && word.length < null_text.length) {
      word += character.trim()
      hasEnded = word === null_text
    }
  }

  return {
    add(text) {
      for (const character of text) add(character)
    },
    hasEnded: () => hasEnded && !hasMore,
  }
}
