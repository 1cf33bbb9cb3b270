import type { Approval } from '@muster/contract/approvals/approvals'
import { idFrom } from '@muster/contract/ids'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { type Task, taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { tableOf } from '@muster/contract/platform/objects'
import type { Io } from '../io.ts'

/** A readable id: the same number gives the same id. */
export const idOf = (number: number) => `01890a5d-ac96-774b-bcce-${String(number).padStart(12, '0')}`

const at = '2026-01-01T00:00:00.000Z'

export function goalOf(status: Goal['status'], tasks: readonly Task[] = []): Goal {
  const counts = tableOf(taskStatuses, (name) => tasks.filter((task) => task.status === name).length)
  return {
    id: idFrom(idOf(1)),
    number: 1,
    project_id: idFrom(idOf(2)),
    title: 'Brief me',
    status,
    strategy: 'outline',
    priority: 'medium',
    plan_revision: 1,
    counts,
    spent: { cost_micro_usd: 0, tokens: 0 },
    created_at: at,
  }
}

export function taskOf(number: number, key: string, more: Partial<Task> & Pick<Task, 'status'>): Task {
  return {
    id: idFrom(idOf(100 + number)),
    kind: 'work',
    project_id: idFrom(idOf(2)),
    goal_id: idFrom(idOf(1)),
    key,
    title: key,
    capability: 'noop',
    input: {},
    depends_on: [],
    on_failure: 'fail',
    reads: [],
    checks: [],
    approval: 'none',
    priority: 'medium',
    timeout_ms: 1,
    attempts_max: 3,
    counters: { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 },
    created_at: at,
    ...more,
  }
}

export function approvalOf(number: number, more: Partial<Approval> = {}): Approval {
  return {
    id: idFrom(idOf(500 + number)),
    subject_kind: 'result',
    subject_id: idOf(900),
    project_id: idFrom(idOf(2)),
    question: 'Approve “Write”?',
    options: ['approve', 'reject', 'amend'],
    proposed: { text: 'Drink water.' },
    policy_version: 1,
    read_set: [],
    rule: 'sensitive_topic:health_advice',
    tags: [],
    risk: 'medium',
    quorum: 1,
    status: 'open',
    due_at: at,
    created_at: at,
    answers: [],
    ...more,
  }
}

export interface TestIo extends Io {
  out(): string
  err(): string
}

/** A fake terminal that remembers what was written and gives scripted answers. */
export function testIo(more: Partial<Io> & { readonly answers?: readonly string[] } = {}): TestIo {
  const output = { out: '', err: '' }
  const answers = [...(more.answers ?? [])]
  return {
    env: {},
    cwd: '/nonexistent',
    stdout: {
      write: (text) => {
        output.out += text
      },
    },
    stderr: {
      write: (text) => {
        output.err += text
      },
    },
    interactive: false,
    ask: async () => answers.shift() ?? null,
    edit: async () => undefined,
    readInput: async () => new Uint8Array(),
    signal: new AbortController().signal,
    onOutputClosed: () => {},
    ...more,
    out: () => output.out,
    err: () => output.err,
  }
}
