import { Maximize, Minus, Plus, Route } from 'lucide-react'
import { IconButton } from '../../../ui/button.tsx'
import { duration, plural } from '../../../ui/format.ts'

/** Nearer, further, all of it; the keys do the same while the graph has the focus. */
export function GraphControls(props: {
  readonly onIn: () => void
  readonly onOut: () => void
  readonly onFit: () => void
}) {
  return (
    <div className="absolute left-2 top-2 flex flex-col rounded-md border border-line bg-surface">
      <IconButton label="Zoom in" keys="+" icon={<Plus aria-hidden size={15} />} onClick={props.onIn} />
      <IconButton label="Zoom out" keys="−" icon={<Minus aria-hidden size={15} />} onClick={props.onOut} />
      <IconButton label="Fit to screen" keys="0" icon={<Maximize aria-hidden size={15} />} onClick={props.onFit} />
    </div>
  )
}

/** What the lines mean, and how long the longest chain takes. */
export function GraphLegend({ duration_ms, tasks }: { readonly duration_ms: number; readonly tasks: number }) {
  return (
    <div className="pointer-events-none absolute bottom-2 left-2 flex max-w-[calc(100%-1rem)] flex-wrap gap-x-4 gap-y-1 rounded-md border border-line bg-surface/90 px-2.5 py-1 text-[0.86rem] text-soft">
      <span className="inline-flex items-center gap-1.5">
        <Route aria-hidden size={12} className="text-ink" />
        <Line className="stroke-ink" width={2.25} />
        Critical path: {plural(tasks, 'task')}
        {duration_ms > 0 && `, ${duration(duration_ms)}`}
      </span>
      <span className="inline-flex items-center gap-1.5">
        <Line className="stroke-line-strong" width={1.5} dashed />
        Continues after a failure
      </span>
    </div>
  )
}

function Line({
  className,
  width,
  dashed,
}: {
  readonly className: string
  readonly width: number
  readonly dashed?: boolean
}) {
  return (
    <svg aria-hidden width="22" height="6">
      <line
        x1="0"
        x2="22"
        y1="3"
        y2="3"
        className={className}
        strokeWidth={width}
        strokeDasharray={dashed === true ? '5 4' : undefined}
      />
    </svg>
  )
}
