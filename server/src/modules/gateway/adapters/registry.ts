/** The adapter of each kind of provider. */
import type { ProviderKind } from '@muster/contract/gateway/providers'
import type { WireAdapter } from '../gateway.types.ts'
import { openaiAdapter } from './chat/openai.ts'
import { geminiAdapter } from './gemini/gemini.ts'
import { anthropicAdapter } from './messages/anthropic.ts'
import { withMessages } from './messages/messages-over-chat.ts'

const adapters: Readonly<Record<ProviderKind, WireAdapter>> = {
  openai: withMessages(openaiAdapter),
  anthropic: anthropicAdapter,
  gemini: withMessages(geminiAdapter),
}

export function adapterOf(kind: ProviderKind): WireAdapter {
  return adapters[kind]
}
