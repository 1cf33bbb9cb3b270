import type { Attempt } from '@muster/contract/gateway/attempts'
import { Link } from '@tanstack/react-router'
import { useAgentName } from '../../components/agent-names.ts'
import { count, duration, money, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Facts } from '../../ui/panel.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

const classes = [
  ['uncached', 'Input'],
  ['cache_read', 'Read from a cache'],
  ['cache_write', 'Written to a cache'],
  ['output', 'Output'],
  ['reasoning', 'Reasoning'],
] as const

/** How an attempt ended, in a word with its picture. */
export function Outcome({ attempt: { status, outcome } }: { readonly attempt: Attempt }) {
  if (status === 'live' || outcome === undefined) return <Status state="live" label="under way" />
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
          ['Model', `${attempt.model}${attempt.model_version > 0 ? `, version ${attempt.model_version}` : ''}`],
          ['Asked of', `${attempt.provider_model} at ${attempt.provider}`],
          ['Wire', `${attempt.wire}${attempt.streamed ? ', streamed' : ''}`],
          ['Try', `${count(attempt.number)} of its call`],
          ['Begun', <Ago key="begun" at={attempt.started_at} />],
          ...(first_token_ms === undefined ? [] : [['First content', `after ${duration(first_token_ms)}`] as const]),
          ...(total_ms === undefined ? [] : [['Took', duration(total_ms)] as const]),
          ['Request', <Ident key="request" id={attempt.request_id} />],
        ]}
      />
      <section>
        <h2 className="mb-2 font-semibold">Tokens</h2>
        <Facts items={classes.map(([name, label]) => [label, count(tokens[name])] as const)} />
      </section>
      <section>
        <h2 className="mb-2 font-semibold">Money</h2>
        <Facts
          items={[
            ['Held', `${money(attempt.held_micro_usd)}, ${count(attempt.held_tokens)} tokens`],
            [
              'Charged',
              status === 'live'
                ? 'not yet'
                : `${money(attempt.cost_micro_usd)}, ${count(attempt.charged_tokens)} tokens`,
            ],
          ]}
        />
        {status !== 'live' && !usage_known && attempt.cost_micro_usd + attempt.charged_tokens > 0 && (
          <p className="mt-2 text-soft">The provider told no usage, so what was held was charged.</p>
        )}
      </section>
      <For attempt={attempt} />
    </div>
  )
}

/** What the call was made for, as far as it said. */
function For({ attempt: { goal_id, agent_id, project_id } }: { readonly attempt: Attempt }) {
  const agentName = useAgentName()
  const link_class = 'text-accent underline underline-offset-2'
  if (goal_id === undefined && agent_id === undefined && project_id === undefined) return null
  return (
    <section>
      <h2 className="mb-2 font-semibold">For</h2>
      <p className="flex flex-wrap gap-3">
        {goal_id !== undefined && (
          <Link to="/goals/$goal_id" params={{ goal_id }} className={link_class}>
            its goal
          </Link>
        )}
        {agent_id !== undefined && (
          <Link to="/agents/$agent_id" params={{ agent_id }} className={link_class}>
            {agentName(agent_id)}
          </Link>
        )}
        {project_id !== undefined && (
          <Link to="/goals" search={{ project: project_id }} className={link_class}>
            its project
          </Link>
        )}
      </p>
    </section>
  )
}
