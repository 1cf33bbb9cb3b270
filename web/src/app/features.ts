import { agentsFeature } from '../features/agents/agents.feature.tsx'
import { approvalsFeature } from '../features/approvals/approvals.feature.tsx'
import { artifactsFeature } from '../features/artifacts/artifacts.feature.tsx'
import { costsFeature } from '../features/costs/costs.feature.tsx'
import { fleetFeature } from '../features/fleet/fleet.feature.tsx'
import { goalsFeature } from '../features/goals/goals.feature.tsx'
import { journalFeature } from '../features/journal/journal.feature.tsx'
import { modelsFeature } from '../features/models/models.feature.tsx'
import { runsFeature } from '../features/runs/runs.feature.tsx'
import { settingsFeature } from '../features/settings/settings.feature.tsx'
import { stateFeature } from '../features/state/state.feature.tsx'

/** Every feature of the page, in the order of its navigation. */
export const features = [
  fleetFeature,
  agentsFeature,
  goalsFeature,
  runsFeature,
  approvalsFeature,
  stateFeature,
  artifactsFeature,
  modelsFeature,
  costsFeature,
  journalFeature,
  settingsFeature,
] as const
