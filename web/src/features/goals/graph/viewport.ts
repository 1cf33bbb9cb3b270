import { getViewportForBounds, type ReactFlowInstance } from '@xyflow/react'
import { node_height, node_width, type Position } from './layout/layout.ts'
import type { Positions } from './layout/use-layout.ts'
import type { TaskFlowNode } from './task-node.tsx'

type Flow = ReactFlowInstance<TaskFlowNode>

export const whole = { padding: 0.12, maxZoom: 1 } as const
/** Where the whole would be smaller than this, the first look goes to where the work is. */
const first_zoom_min = 0.28
const first_zoom = 0.6
const readable_zoom = 0.6
const pan_px = 90
/** The panel beside the page covers about as much. */
const panel_px = 500

/** What is seen first: all of it where that can be read, else where the work is. */
export function lookFirst(flow: Flow, { nodes, positions, box }: FirstLook): void {
  const all = getViewportForBounds(boundsOf(positions), box.clientWidth, box.clientHeight, 0, 1, whole.padding)
  const { x, y } = frontOf(nodes, positions)
  // What comes after the front is seen more of than what came before.
  const front = {
    x: box.clientWidth / 5 - x * first_zoom,
    y: box.clientHeight / 2 - (y + node_height / 2) * first_zoom,
    zoom: first_zoom,
  }
  void flow.setViewport(all.zoom >= first_zoom_min ? all : front)
}

interface FirstLook {
  readonly nodes: readonly Moving[]
  readonly positions: Positions
  readonly box: { readonly clientWidth: number; readonly clientHeight: number }
}

function boundsOf(positions: Positions): { x: number; y: number; width: number; height: number } {
  const bounds = { left: 0, top: 0, right: node_width, bottom: node_height }
  for (const { x, y } of positions.values()) {
    bounds.left = Math.min(bounds.left, x)
    bounds.top = Math.min(bounds.top, y)
    bounds.right = Math.max(bounds.right, x + node_width)
    bounds.bottom = Math.max(bounds.bottom, y + node_height)
  }
  const { left, top, right, bottom } = bounds
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** Brings a node into the middle, near enough to be read. */
export function lookAt(flow: Flow, { x, y }: Position): void {
  const zoom = Math.max(readable_zoom, flow.getZoom())
  void flow.setCenter(x + node_width / 2, y + node_height / 2, { zoom })
}

/** Moves a node out from under the panel that tells about it. */
export function uncover(flow: Flow, place: Position, width_px: number): void {
  const { x, y, zoom } = flow.getViewport()
  const over = x + (place.x + node_width) * zoom - (width_px - panel_px)
  if (over > 0) void flow.setViewport({ x: x - over, y, zoom })
}

export function pan(flow: Flow, key: string): void {
  const { x, y, zoom } = flow.getViewport()
  const dx = key === 'ArrowLeft' ? pan_px : key === 'ArrowRight' ? -pan_px : 0
  const dy = key === 'ArrowUp' ? pan_px : key === 'ArrowDown' ? -pan_px : 0
  void flow.setViewport({ x: x + dx, y: y + dy, zoom })
}

/** The node that Tab leads to first: leftmost, and of those the topmost. */
export function firstOf(positions: Positions): string | undefined {
  let first: readonly [string, Position] | undefined
  for (const one of positions) {
    const [, { x, y }] = one
    if (first === undefined || x < first[1].x || (x === first[1].x && y < first[1].y)) first = one
  }
  return first?.[0]
}

interface Moving {
  readonly id: string
  readonly status: string
}

const fronts: readonly (readonly string[])[] = [
  ['running', 'in_review', 'acting', 'awaiting_approval'],
  ['failed', 'rejected'],
  ['ready'],
  ['pending'],
]

/** The first task that moves or waits for a person, else the first that failed, can begin, or waits; else the first. */
function frontOf(nodes: readonly Moving[], positions: Positions): Position {
  const rankOf = (status: string): number => {
    const rank = fronts.findIndex((list) => list.includes(status))
    return rank < 0 ? fronts.length : rank
  }
  const placed = nodes.flatMap(({ id, status }) => {
    const place = positions.get(id)
    return place === undefined ? [] : [{ place, rank: rankOf(status) }]
  })
  placed.sort((one, other) => one.rank - other.rank || one.place.x - other.place.x || one.place.y - other.place.y)
  return placed[0]?.place ?? { x: 0, y: 0 }
}
