import { createAgent } from '@muster/contract/agents/operations'
import { createKey } from '@muster/contract/identity/operations'
import type { ResponseOf } from '@muster/contract/operation'
import type { LogLine } from '@muster/contract/runtimes/logs'
import type { Json } from '@muster/contract/values'
import { claimRuns, completeRun, failRun, heartbeat } from '@muster/contract/worker/operations'
import type { Usage } from '@muster/contract/worker/runs'
import { type Client, createClient } from '@muster/sdk/client'

export type Held = ResponseOf<typeof claimRuns>['runs'][number]

/** An agent that does nothing of its own accord: the test claims for it and says what it did. */
export interface RemoteAgent {
  readonly agent_id: string
  readonly client: Client
  claim(max?: number, capability?: string): Promise<readonly Held[]>
  complete(run: Held, output: Json, more?: { readonly confidence?: number; readonly usage?: Usage }): Promise<void>
  fail(run: Held, message: string): Promise<void>
  say(run: Held, lines: readonly string[], progress?: number): Promise<void>
  /** Keeps the leases of these runs alive until the signal aborts. */
  hold(runs: readonly Held[], signal: AbortSignal): void
  attach(run: Held, files: Parameters<Client['upload']>[1]): Promise<void>
}

const beat_ms = 8_000

export async function createRemoteAgent(
  client: Client,
  { name, capabilities }: { readonly name: string; readonly capabilities: readonly string[] },
): Promise<RemoteAgent> {
  const agent = await client.call(createAgent, { body: { name, runtime: 'remote', capabilities: [...capabilities] } })
  const { key } = await client.call(createKey, { body: { name: `key of ${name}`, agent_id: agent.id } })
  const own = createClient({ base_url: client.base_url, key })
  const held = ({ run_id, token }: Held) => ({ run_id, token })
  return {
    agent_id: agent.id,
    client: own,
    async claim(max = 64, capability) {
      return (
        await own.call(claimRuns, {
          body: {
            agent_id: agent.id,
            max,
            wait_ms: 3_000,
            ...(capability !== undefined && { capabilities: [capability] }),
          },
        })
      ).runs
    },
    async complete(run, output, more = {}) {
      await own.call(completeRun, { body: { ...held(run), output, ...more } })
    },
    async fail(run, message) {
      await own.call(failRun, { body: { ...held(run), error: { code: 'broken', message }, retryable: false } })
    },
    async say(run, lines, progress = 0.5) {
      const log = lines.map((text): LogLine => ({ at: new Date().toISOString(), level: 'info', text }))
      await own.call(heartbeat, { body: { runs: [{ ...held(run), progress, log }] } })
    },
    hold(runs, signal) {
      const timer = setInterval(() => {
        void own.call(heartbeat, { body: { runs: runs.map(held) } }).catch(() => undefined)
      }, beat_ms)
      signal.addEventListener('abort', () => clearInterval(timer), { once: true })
    },
    async attach(run, files) {
      await own.upload({ run_id: run.run_id }, files)
    },
  }
}
