import './graph.css'
import type { GoalGraph as Graph } from '@muster/contract/planner/goals/goal-graph'
import { MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useAgentName } from '../../../components/agents/agent-names.ts'
import { Loading } from '../../../ui/states.tsx'
import { toneOf } from '../../../ui/status.tsx'
import { useNow } from '../../../ui/time.tsx'
import { criticalPath } from './critical-path.ts'
import { createEdgeMaker, createNodeMaker } from './flow.ts'
import { GraphControls, GraphLegend } from './graph-controls.tsx'
import { type Positions, useLayout } from './layout/use-layout.ts'
import { type Direction, nextNode } from './next-node.ts'
import { FarContext, NodeActsContext, type TaskFlowNode, TaskNode } from './task-node.tsx'
import { useStillness } from './use-stillness.ts'
import { firstOf, lookAt, lookFirst, pan, uncover, whole } from './viewport.ts'
import { visibleGraph } from './visible-graph.ts'

const nodeTypes = { task: TaskNode }
const colours = {
  quiet: 'var(--line-strong)',
  good: 'var(--good)',
  warn: 'var(--warn)',
  bad: 'var(--bad)',
  busy: 'var(--busy)',
  ask: 'var(--ask)',
} as const
/** Below this zoom the small print of a node cannot be read. */
const far_zoom = 0.4
/** How often what runs now may change which chain is the longest. */
const path_step_ms = 5_000

export interface GoalGraphProps {
  readonly graph: Graph
  readonly selected: string | undefined
  readonly onSelect: (id: string) => void
  /** Keys of the `for_each` tasks that stand other than by default. */
  readonly toggled: ReadonlySet<string>
  readonly onToggle: (key: string) => void
}

/** The tasks of a goal, drawn from left to right as they wait for each other, moving as they run. */
export function GoalGraph(props: GoalGraphProps) {
  const visible = useMemo(() => visibleGraph(props.graph, props.toggled), [props.graph, props.toggled])
  const positions = useLayout(visible.nodes, visible.edges)
  if (positions === undefined) {
    return (
      <div className="h-full">
        <Loading lines={6} />
        <p role="status" className="px-4 text-soft">
          Drawing {visible.nodes.length} tasks…
        </p>
      </div>
    )
  }
  return (
    <ReactFlowProvider>
      <Canvas {...props} visible={visible} positions={positions} />
    </ReactFlowProvider>
  )
}

interface CanvasProps extends GoalGraphProps {
  readonly visible: ReturnType<typeof visibleGraph<Graph['nodes'][number]>>
  readonly positions: Positions
}

function Canvas({ graph, visible, positions, selected, onSelect, onToggle }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null)
  const flow = useReactFlow<TaskFlowNode>()
  const far = useStore(({ transform }) => transform[2] < far_zoom)
  const agentName = useAgentName()
  const still = useStillness()
  const now_ms = useNow(path_step_ms)
  const path = useMemo(() => criticalOf(graph, visible.open, now_ms), [graph, visible.open, now_ms])
  const { ids: critical } = path
  const [focused, setFocused] = useState<string>()
  const stop = [focused, selected].find((id) => id !== undefined && positions.has(id)) ?? firstOf(positions)
  const [makeNodes] = useState(createNodeMaker)
  const [makeEdges] = useState(createEdgeMaker)
  const nodes = useMemo(
    () => makeNodes({ graph: visible, positions, critical, selected, stop }),
    [makeNodes, visible, positions, critical, selected, stop],
  )
  const edges = useMemo(
    () => makeEdges({ graph: visible, positions, critical, selected, stop, still }),
    [makeEdges, visible, positions, critical, selected, stop, still],
  )
  const acts = useMemo(() => ({ agentName, onToggle }), [agentName, onToggle])
  const onNodeClick = useCallback((_event: unknown, node: TaskFlowNode) => onSelect(node.id), [onSelect])

  // What was chosen is not left under the panel that tells about it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the canvas moves when something is chosen, not when it moves itself
  useEffect(() => {
    const place = selected === undefined ? undefined : positions.get(selected)
    if (place !== undefined && innerWidth >= 1024) uncover(flow, place, box.current?.clientWidth ?? 0)
  }, [selected])

  const focusNode = (id: string): void => {
    const place = positions.get(id)
    if (place === undefined) return
    setFocused(id)
    lookAt(flow, place)
    // It may have been out of view, where it is not drawn.
    const find = (attempts: number): void => {
      const button = box.current?.querySelector<HTMLElement>(`[data-task="${id}"]`)
      if (button) button.focus({ preventScroll: true })
      else if (attempts > 0) requestAnimationFrame(() => find(attempts - 1))
    }
    requestAnimationFrame(() => find(10))
  }

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') void flow.zoomIn()
    else if (event.key === '-') void flow.zoomOut()
    else if (event.key === '0') void flow.fitView(whole)
    else if (event.key.startsWith('Arrow')) {
      const from = taskAt(event.target)
      if (event.shiftKey || from === undefined) pan(flow, event.key)
      else {
        const next = nextNode(from, event.key as Direction, { edges: visible.edges, positions })
        if (next !== undefined) focusNode(next)
      }
    } else return
    event.preventDefault()
  }

  return (
    <NodeActsContext value={acts}>
      <div
        ref={box}
        role="group"
        tabIndex={0}
        aria-label={`Graph of ${visible.nodes.length} tasks. Use Tab to enter, arrow keys to follow edges and Enter to open a task. The table view has the same data.`}
        onKeyDown={onKeyDown}
        onFocus={({ target }) => {
          const id = taskAt(target)
          if (id !== undefined) setFocused(id)
        }}
        className="task-graph relative h-full overflow-hidden rounded-b-lg bg-canvas outline-offset-[-2px]"
      >
        <FarContext value={far}>
          <ReactFlow<TaskFlowNode>
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            onNodeClick={onNodeClick}
            onInit={() => box.current && lookFirst(flow, { nodes: visible.nodes, positions, box: box.current })}
            minZoom={0.05}
            maxZoom={1.75}
            onlyRenderVisibleElements
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            zoomOnScroll={false}
            preventScrolling={false}
            zoomOnDoubleClick={false}
            deleteKeyCode={null}
            selectionKeyCode={null}
            multiSelectionKeyCode={null}
            panActivationKeyCode={null}
            proOptions={{ hideAttribution: true }}
          >
            <MiniMap
              ariaLabel="Graph overview"
              pannable
              nodeColor={({ data }: TaskFlowNode) => colours[toneOf(data.task.status)]}
              nodeStrokeWidth={0}
              className="max-md:hidden"
              style={{ width: 168, height: 104 }}
            />
          </ReactFlow>
        </FarContext>
        <GraphControls
          onIn={() => void flow.zoomIn()}
          onOut={() => void flow.zoomOut()}
          onFit={() => void flow.fitView(whole)}
        />
        <GraphLegend duration_ms={path.duration_ms} tasks={path.tasks} />
      </div>
    </NodeActsContext>
  )
}

function taskAt(target: EventTarget): string | undefined {
  return target instanceof HTMLElement ? target.dataset.task : undefined
}

/** The longest chain as it is drawn: a child inside a closed task is told by its parent. */
function criticalOf(graph: Graph, open: ReadonlySet<string>, now_ms: number) {
  const path = criticalPath(graph, now_ms)
  const parentOf = new Map<string, string | undefined>(graph.nodes.map(({ id, parent_id }) => [id, parent_id]))
  const visible_ids = path.ids.map((id) => {
    const parent = parentOf.get(id)
    return parent !== undefined && !open.has(parent) ? parent : id
  })
  return { ids: new Set(visible_ids), duration_ms: path.duration_ms, tasks: path.ids.length }
}
