import type { ProviderKind } from '@muster/contract/gateway/providers'
import { scriptedAnthropic } from './scripted-anthropic.ts'
import { scriptedGemini } from './scripted-gemini.ts'
import { scriptedOpenai } from './scripted-openai.ts'

/** A well-behaved provider of each kind, and where its API begins. */
export const scriptedKinds = {
  openai: { start: scriptedOpenai, base: (origin: string) => `${origin}/v1` },
  anthropic: { start: scriptedAnthropic, base: (origin: string) => origin },
  gemini: { start: scriptedGemini, base: (origin: string) => `${origin}/v1beta` },
} as const satisfies Record<ProviderKind, unknown>

export const scriptedKindNames = Object.keys(scriptedKinds) as ProviderKind[]

/** Waits for what the server does behind a connection that is gone. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
