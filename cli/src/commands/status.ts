import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { getFleetStatus } from '@muster/contract/dashboard/operations'
import type { Command } from 'commander'
import { type Context, leaf, type Printed, print } from '../context.ts'
import { words } from '../words.ts'

/** `muster status`: the fleet at a glance. */
export function statusCommand({ io, connect }: Context): Command {
  return leaf('status', 'show the status of the fleet').action(async (options: Printed) => {
    const client = await connect()
    const fleet = await client.call(getFleetStatus)
    print({ io, ...options }, fleet, () => fleetLines(fleet, client.base_url))
  })
}

function fleetLines(fleet: FleetStatus, address: string): string[] {
  const { fleet_overview: agents, queue_depths: queues } = fleet
  const count = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, number]) => number > 0)
      .map(([name, number]) => `${number} ${words(name)}`)
      .join(', ') || 'none'
  return [
    `Muster at ${address}`,
    `goals    ${count(fleet.goals)}`,
    `tasks    ${count(fleet.tasks)}`,
    `queues   ${queues.task_queue} tasks, ${queues.review_queue} reviews, ${queues.hitl_queue} approvals`,
    `agents   ${agents.active_agents} active, ${agents.idle_agents} idle, ${agents.paused_agents} paused of ${agents.total_agents}`,
    `workers  ${fleet.workers.length}, ${fleet.live_runs} active runs`,
    ...fleet.stops.map((stop) => `STOPPED  ${stop.scope.kind} ${stop.scope.id}: ${stop.reason || 'no reason'}`),
    ...(queues.hitl_queue > 0 ? ['', 'Approvals needed: npx muster approvals list'] : []),
  ]
}
