import type { Approval } from '@muster/contract/approvals/approvals'
import { type Goal, goalEnds, goalLabel } from '@muster/contract/planner/goals/goals'
import { type Task, type TaskStatus, taskEnds } from '@muster/contract/planner/tasks/tasks'
import type { Output } from '../io.ts'
import { columnsOf, oneLine, padded, rowsOf, sizeOf, truncate } from '../terminal-text.ts'
import { reasonWords, words } from '../words.ts'

/** The state of a goal, from which the progress is drawn. */
export interface GoalView {
  readonly goal: Goal
  /** In the order of the plan; of a large goal, only some. */
  readonly tasks: readonly Task[]
  /** Open approvals. */
  readonly approvals: readonly Approval[]
}

export interface Progress {
  /** Shows how it stands now. */
  update(view: GoalView): void
  /** Leaves the last drawing where it is. */
  end(): void
}

/** The command that people type; the same in every hint. */
const command = 'npx muster'

/** Draws over itself on a terminal; elsewhere prints one line for each thing that changed. */
export function createProgress(output: Output): Progress {
  return output.isTTY === true ? createDrawing(output) : createLines(output)
}

/** The lines of a drawing: a bar, every task with its state, who waits for whom, and what answers an approval. */
export function drawProgress(view: GoalView, { columns, rows }: { columns: number; rows: number }): string[] {
  const { goal, tasks, approvals } = view
  const counts = countTasks(goal)
  const head = headLine(goal, `${bar(counts.ended, counts.all, 24)} ${counts.ended}/${counts.all}`, columns - 1)
  const questionLines = approvals.flatMap((approval) => approvalLines(approval))
  const room = Math.max(3, rows - 4 - questionLines.length)
  const visibleTasks = choose(tasks, room)
  const width = Math.min(32, Math.max(4, ...visibleTasks.map((task) => columnsOf(nameOf(task)))))
  const statuses = statusesOf(tasks)
  const lines = visibleTasks.map((task) => {
    const name = padded(truncate(nameOf(task), width), width)
    return ` ${symbols[task.status]} ${name} ${stateOf(task, statuses)}`
  })
  const hiddenCount = counts.all - visibleTasks.length
  const more = hiddenCount > 0 ? [`   + ${hiddenCount} more`] : []
  const why = goal.reason === undefined ? [] : [`  ${oneLine(reasonWords(goal.reason))}`]
  // Commands are never cut: they are there to be copied.
  return [...[head, ...why, ...lines, ...more].map((line) => truncate(line, columns - 1)), ...questionLines]
}

/** The title is cut rather than the status and the bar behind it, as long as that leaves something of it. */
function headLine(goal: Goal, progressBar: string, columns: number): string {
  const label = `${goalLabel(goal.number)} `
  const rest = `: ${words(goal.status)}  ${progressBar}`
  const room = Math.max(title_columns_min, columns - columnsOf(label) - columnsOf(rest))
  return `${label}${truncate(oneLine(goal.title), room)}${rest}`
}

const title_columns_min = 10

/** The question of an approval, and the exact command that answers it. */
export function approvalLines(approval: Approval): string[] {
  const answers = approval.options.includes('approve')
    ? `${command} approvals approve ${approval.id}`
    : `${command} approvals answer ${approval.id} ${approval.options.join('|')}`
  return [` ? ${oneLine(approval.question)} (${oneLine(reasonWords(approval.rule))})`, `     ${answers}`]
}

function createDrawing(output: Output): Progress {
  let drawnRows = 0
  return {
    update(view) {
      const size = sizeOf(output)
      const lines = drawProgress(view, size)
      // A line wider than the terminal takes more than one row, and all of them have to be drawn over.
      const height = lines.reduce((sum, line) => sum + rowsOf(line, size.columns), 0)
      const back = drawnRows === 0 ? '' : `\u001b[${drawnRows}A`
      output.write(`${back}\r\u001b[J${lines.join('\n')}\n`)
      drawnRows = height
    },
    end() {
      drawnRows = 0
    },
  }
}

function createLines(output: Output): Progress {
  const printedLines = new Map<string, string>()
  const print = (key: string, line: string, more: readonly string[] = []) => {
    if (printedLines.get(key) === line) return
    printedLines.set(key, line)
    for (const text of [line, ...more]) output.write(`${text}\n`)
  }
  return {
    update(view) {
      const statuses = statusesOf(view.tasks)
      for (const task of view.tasks) {
        if (task.status !== 'ready') print(task.id, `${nameOf(task)}: ${stateOf(task, statuses)}`)
      }
      for (const approval of view.approvals) {
        const [question, ...answers] = approvalLines(approval)
        print(approval.id, question ?? '', answers)
      }
      const { goal } = view
      const reason = goal.reason === undefined ? '' : ` (${oneLine(reasonWords(goal.reason))})`
      const { ended, all } = countTasks(goal)
      const isOver = goalEnds.some((end) => end === goal.status)
      print(goal.id, `${oneLine(goal.title)}: ${words(goal.status)}${reason}${isOver ? `, ${ended}/${all} tasks` : ''}`)
    },
    end() {},
  }
}

/** What a task does or waits for. */
function stateOf(task: Task, statuses: Statuses): string {
  const reason = task.reason === undefined ? '' : `: ${oneLine(reasonWords(task.reason))}`
  if (task.status !== 'pending') return `${words(task.status)}${reason}`
  const open = task.depends_on.filter(({ key }) => {
    const status = statuses.get(key)
    return status !== undefined && !isEnded(status)
  })
  return open.length === 0 ? `pending${reason}` : `waiting for ${open.map(({ key }) => oneLine(key)).join(', ')}`
}

type Statuses = ReadonlyMap<string, TaskStatus>

function statusesOf(tasks: readonly Task[]): Statuses {
  return new Map(tasks.map((task) => [task.key ?? task.id, task.status]))
}

const symbols: Readonly<Record<TaskStatus, string>> = {
  pending: '·',
  ready: '○',
  running: '▸',
  in_review: '▹',
  awaiting_approval: '?',
  acting: '▸',
  done: '✓',
  failed: '✗',
  rejected: '✗',
  skipped: '-',
  cancelled: '-',
}

/** As many tasks as fit: those that move or wait for a person first, in the order of the plan. */
function choose(tasks: readonly Task[], room: number): readonly Task[] {
  if (tasks.length <= room) return tasks
  const visible = new Set([...tasks].sort((one, other) => urgency(one.status) - urgency(other.status)).slice(0, room))
  return tasks.filter((task) => visible.has(task))
}

function urgency(status: TaskStatus): number {
  if (status === 'awaiting_approval' || status === 'failed' || status === 'rejected') return 0
  if (status === 'running' || status === 'in_review' || status === 'acting') return 1
  return isEnded(status) ? 4 : status === 'ready' ? 2 : 3
}

function countTasks(goal: Goal): { ended: number; all: number } {
  const all = Object.values(goal.counts).reduce((sum, count) => sum + count, 0)
  return { ended: taskEnds.reduce((sum, status) => sum + goal.counts[status], 0), all }
}

function isEnded(status: TaskStatus): boolean {
  return taskEnds.some((end) => end === status)
}

function nameOf(task: Task): string {
  return oneLine(task.key ?? task.title)
}

function bar(doneCount: number, all: number, width: number): string {
  const filledWidth = all === 0 ? 0 : Math.floor((doneCount / all) * width)
  return `[${'#'.repeat(filledWidth)}${'-'.repeat(width - filledWidth)}]`
}
