import type { GoalNode } from '@muster/contract/planner/goals/goal-graph'
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { ChevronsDownUp, ChevronsUpDown, Route } from 'lucide-react'
import { createContext, memo, use } from 'react'
import { cx } from '../../../ui/cx.ts'
import { words } from '../../../ui/format.ts'
import { StatusIcon, type Tone, toneOf } from '../../../ui/status.tsx'
import { Took } from '../../../ui/time.tsx'
import { node_height, node_width } from './layout/layout.ts'

export interface TaskNodeData extends Record<string, unknown> {
  readonly task: GoalNode
  /** The title; that of a child without its parent’s, which stands beside it. */
  readonly title: string
  readonly children: number
  readonly children_done: number
  readonly open: boolean
  readonly selected: boolean
  readonly critical: boolean
  /** Whether Tab leads to it; the arrows lead to all others. */
  readonly is_stop: boolean
}

export type TaskFlowNode = Node<TaskNodeData, 'task'>

export interface NodeActs {
  readonly agentName: (id: string) => string
  readonly onToggle: (key: string) => void
}

export const NodeActsContext = createContext<NodeActs | null>(null)
/** Whether the graph is seen from so far that only pictures and large words can be read. */
export const FarContext = createContext(false)

const tones: Readonly<Record<Tone, string>> = {
  quiet: 'text-soft',
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-bad',
  busy: 'text-busy',
  ask: 'text-ask',
}
const grounds: Readonly<Record<Tone, string>> = {
  quiet: 'bg-sunken',
  good: 'bg-good-soft',
  warn: 'bg-warn-soft',
  bad: 'bg-bad-soft',
  busy: 'bg-busy-soft',
  ask: 'bg-ask-soft',
}
const edges: Readonly<Record<Tone, string>> = {
  quiet: 'border-l-line-strong',
  good: 'border-l-good',
  warn: 'border-l-warn',
  bad: 'border-l-bad',
  busy: 'border-l-busy',
  ask: 'border-l-ask',
}

/** A task as it stands, as a card: its state in picture, word and colour, its title, who does it and for how long. */
export const TaskNode = memo(({ data }: NodeProps<TaskFlowNode>) => {
  const { task, title, children, children_done, open, selected, critical, is_stop } = data
  const acts = use(NodeActsContext)
  const far = use(FarContext)
  const tone = toneOf(task.status)
  return (
    <div
      className={cx(
        'relative rounded-lg border border-l-4 text-left',
        edges[tone],
        selected ? 'border-accent bg-accent-soft' : far ? grounds[tone] : 'bg-surface',
        !selected && (critical ? 'border-line-strong' : 'border-line'),
      )}
      style={{ width: node_width, height: node_height }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className="opacity-0" />
      <button
        type="button"
        data-task={task.id}
        tabIndex={is_stop ? 0 : -1}
        aria-pressed={selected}
        className="flex h-full w-full flex-col justify-center gap-0.5 rounded-md px-2.5 text-left"
      >
        {far ? <FarFace task={task} title={title} /> : <Face task={task} title={title} critical={critical} />}
        {critical && <span className="sr-only">on the critical path</span>}
      </button>
      {children > 0 && !far && (
        <button
          type="button"
          data-toggle={task.key}
          tabIndex={is_stop ? 0 : -1}
          aria-expanded={open}
          onClick={(event) => {
            event.stopPropagation()
            acts?.onToggle(task.key)
          }}
          className="absolute bottom-1 right-1 inline-flex min-h-[24px] items-center gap-1 rounded border border-line bg-surface px-1.5 text-[0.86rem] tabular-nums text-soft hover:bg-sunken hover:text-ink"
        >
          <span className="sr-only">Subtasks of {task.title}, done: </span>
          {children_done} / {children}
          {open ? <ChevronsDownUp aria-hidden size={12} /> : <ChevronsUpDown aria-hidden size={12} />}
        </button>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} className="opacity-0" />
    </div>
  )
})
TaskNode.displayName = 'TaskNode'

interface FaceProps {
  readonly task: GoalNode
  readonly title: string
}

function Face({ task, title, critical }: FaceProps & { readonly critical: boolean }) {
  const acts = use(NodeActsContext)
  const worker = task.agent_id === undefined ? undefined : acts?.agentName(task.agent_id)
  return (
    <>
      <span className="flex w-full items-center gap-1.5 text-[0.86rem]">
        <span className={cx('flex items-center gap-1 font-medium', tones[toneOf(task.status)])}>
          <StatusIcon state={task.status} size={13} />
          {words(task.status)}
        </span>
        <span className="ml-auto flex items-center gap-1 text-faint">
          {critical && <Route aria-hidden size={12} className="text-ink" />}
          {task.started_at !== undefined && <Took from={task.started_at} to={task.ended_at} />}
        </span>
      </span>
      <span className="w-full truncate font-medium" title={task.title}>
        {title}
      </span>
      <span className="w-full truncate text-[0.86rem] text-faint">
        {task.capability}
        {worker !== undefined && ` · ${worker}`}
      </span>
    </>
  )
}

function FarFace({ task, title }: FaceProps) {
  return (
    <span className="flex w-full items-center gap-2.5">
      <span className={tones[toneOf(task.status)]}>
        <StatusIcon state={task.status} size={40} />
        <span className="sr-only">{words(task.status)}</span>
      </span>
      <span className="truncate text-[1.75rem] font-medium leading-none">{title}</span>
    </span>
  )
}
