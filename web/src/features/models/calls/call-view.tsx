import type { Attempt } from '@muster/contract/gateway/attempts'
import { AgentLink, GoalLink, ProjectLink } from '../../../components/related-links.tsx'
import { count, duration, money, words } from '../../../ui/format.ts'
import { Ident } from '../../../ui/ident.tsx'
import { Facts } from '../../../ui/panel.tsx'
import { Status } from '../../../ui/status.tsx'
import { Ago } from '../../../ui/time.tsx'

const classes = [
  ['uncached', 'Input'],
  ['cache_read', 'Cache read'],
  ['cache_write', 'Cache write'],
  ['output', 'Output'],
  ['reasoning', 'Reasoning'],
] as const

/** How an attempt ended, in a word with its picture. */
export function Outcome({ attempt: { status, outcome } }: { readonly attempt: Attempt }) {
  if (status === 'live' || outcome === undefined) return <Status state="live" label="In progress" />
  if (outcome === 'ok') return <Status state="ok" />
  return <Status state={outcome === 'client_gone' ? 'cancelled' : 'failed'} label={words(outcome)} />
}

/** One request to a provider with all that is known of it. */
export function CallView({ attempt }: { readonly attempt: Attempt }) {
  const { tokens, usage_known, status, http_status, first_token_ms, total_ms } = attempt
  return (
    <div className="flex flex-col gap-6 p-4">
      <Facts
        items={[
          ['Outcome', <Outcome key="outcome" attempt={attempt} />],
          ...(http_status === undefined ? [] : [['HTTP', String(http_status)] as const]),
          ['Model', `${attempt.model}${attempt.model_version > 0 ? `, v${attempt.model_version}` : ''}`],
          [
            'Provider',
            attempt.provider === attempt.provider_model
              ? attempt.provider
              : `${attempt.provider} · ${attempt.provider_model}`,
          ],
          ['API type', `${attempt.wire}${attempt.streamed ? ', streamed' : ''}`],
          ['Attempt', count(attempt.number)],
          ['Started', <Ago key="begun" at={attempt.started_at} />],
          ...(first_token_ms === undefined ? [] : [['Time to first token', duration(first_token_ms)] as const]),
          ...(total_ms === undefined ? [] : [['Duration', duration(total_ms)] as const]),
          ['Request', <Ident key="request" id={attempt.request_id} />],
        ]}
      />
      <section>
        <h2 className="mb-2 font-semibold">Tokens</h2>
        <Facts items={classes.map(([name, label]) => [label, count(tokens[name])] as const)} />
      </section>
      <section>
        <h2 className="mb-2 font-semibold">Cost</h2>
        <Facts
          items={[
            ['Reserved', `${money(attempt.held_micro_usd)}, ${count(attempt.held_tokens)} tokens`],
            [
              'Charged',
              status === 'live'
                ? 'Not yet'
                : `${money(attempt.cost_micro_usd)}, ${count(attempt.charged_tokens)} tokens`,
            ],
          ]}
        />
        {status !== 'live' && !usage_known && attempt.cost_micro_usd + attempt.charged_tokens > 0 && (
          <p className="mt-2 text-soft">The provider did not report usage. The reserved amount was charged.</p>
        )}
      </section>
      <For attempt={attempt} />
    </div>
  )
}

/** What the call was made for, as far as the caller named it. */
function For({ attempt: { goal_id, agent_id, project_id } }: { readonly attempt: Attempt }) {
  if (goal_id === undefined && agent_id === undefined && project_id === undefined) return null
  return (
    <section>
      <h2 className="mb-2 font-semibold">Related</h2>
      <p className="flex flex-wrap gap-3">
        {goal_id !== undefined && <GoalLink goal_id={goal_id} />}
        {agent_id !== undefined && <AgentLink agent_id={agent_id} />}
        {project_id !== undefined && <ProjectLink project_id={project_id} />}
      </p>
    </section>
  )
}
