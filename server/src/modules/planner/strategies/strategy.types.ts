import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'

export interface GoalInput {
  readonly artifact_id: string
  readonly name: string
  readonly media_type: string
  readonly size_bytes: number
  readonly sha256: string
}

/** The input of a strategy. */
export interface PlanningInput {
  readonly title: string
  readonly text?: string | undefined
  readonly artifacts: readonly GoalInput[]
  readonly variables: Readonly<Record<string, unknown>>
}

/** A goal that cannot be planned: what is wrong, where. The service turns it into `invalid`. */
export class PlanningError extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

export type PlannedTasks = readonly PlanTask[]
