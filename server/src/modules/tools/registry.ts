/** The capabilities whose work is pure, by name: the list that the module and its threads share. */
import { chunk } from './capabilities/chunk.ts'
import { compare } from './capabilities/compare.ts'
import { compose } from './capabilities/compose.ts'
import { keywords } from './capabilities/keywords.ts'
import { read } from './capabilities/read.ts'
import { section } from './capabilities/section.ts'
import { summarize } from './capabilities/summarize.ts'
import type { PureCapability } from './pure-capability.ts'

export const pureCapabilities: ReadonlyMap<string, PureCapability> = new Map(
  [read, chunk, keywords, summarize, section, compare, compose].map((capability) => [capability.name, capability]),
)
