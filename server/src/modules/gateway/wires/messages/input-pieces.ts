/**
 * The arguments of a call that is streamed as the JSON of this wire's `input`. Objects go on piece by piece; what models
 * write in other forms (`null`, an object as a text of JSON) is known at its end only.
 */
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { callArguments } from '../call-arguments.ts'

export interface InputPieces {
  /** The text that can be written now; may be empty. */
  add(text: string): string
  /** What was held back: as an object where it stands for one, else as the model wrote it. */
  end(): string
}

export function createInputPieces(): InputPieces {
  let held = ''
  let isHeld: boolean | undefined
  return {
    add(text) {
      if (isHeld === false) return text
      held += text
      isHeld ??= heldBack(held)
      if (isHeld !== false) return ''
      return held
    },
    end() {
      if (isHeld !== true) return ''
      const { value } = callArguments(held)
      return value ? exactJsonText(value) : held
    },
  }
}

/** By its first character; undefined before that. */
function heldBack(text: string): boolean | undefined {
  const [first] = text.trimStart()
  return first === undefined ? undefined : first === '"' || first === 'n'
}
