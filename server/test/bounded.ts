import { afterAll } from 'vitest'
import { openBounded } from '../src/app/bounded.ts'
import type { Bounded } from '../src/platform/threads/bounded.ts'

/** What runs bounded functions, for modules that a test builds without the whole program. */
export function testBounded(): Bounded {
  const bounded = openBounded()
  afterAll(() => bounded[Symbol.asyncDispose]())
  return bounded
}
