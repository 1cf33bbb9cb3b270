import fc from 'fast-check'
import { evaluatedInputs } from './evaluated-inputs.ts'
import type { StallInput, StallPlace } from './requests.ts'
import { settingsInputs } from './settings-inputs.ts'
import { storedInputs } from './stored-inputs.ts'
import { workInputs } from './work-inputs.ts'

/** Requests for every field that takes text, patterns, expressions, schemas, YAML, Markdown or HTML. */
export function stallInputs(place: StallPlace): fc.Arbitrary<StallInput> {
  const all = [...evaluatedInputs(place), ...storedInputs(place), ...workInputs(place), ...settingsInputs(place)]
  return fc.oneof(...all.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}
