/** The adapter of each kind of provider. */
import type { ProviderKind } from '@muster/contract/gateway/providers'
import type { WireAdapter } from '../gateway.types.ts'
import { anthropicAdapter } from './anthropic.ts'
import { geminiAdapter } from './gemini.ts'
import { openaiAdapter } from './openai.ts'

const adapters: Readonly<Record<ProviderKind, WireAdapter>> = {
  openai: openaiAdapter,
  anthropic: anthropicAdapter,
  gemini: geminiAdapter,
}

export function adapterOf(kind: ProviderKind): WireAdapter {
  return adapters[kind]
}
