import type { Json } from '@muster/contract/values'

const fences = {
  whole: /^\s*```(?:json)?\s*\n(?<inner>[\s\S]*?)\n```\s*$/,
  end: /```(?:json)?\s*\n(?<inner>[\s\S]*?)\n```\s*$/,
}

/**
 * The JSON that a model wrote as its text, also between fences: around the `whole` text, or at its `end` behind other
 * words. Undefined where it is none.
 */
export function writtenJson(text: string, fenced: keyof typeof fences): Json | undefined {
  const inner = fences[fenced].exec(text)?.groups?.inner
  try {
    return JSON.parse(inner ?? text) as Json
  } catch {
    return undefined
  }
}
