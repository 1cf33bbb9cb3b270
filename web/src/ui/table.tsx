import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { cx } from './cx.ts'

export interface Column<Row> {
  readonly key: string
  readonly title: ReactNode
  /** A track of a CSS grid: `minmax(12rem,2fr)`. */
  readonly width: string
  readonly cell: (row: Row) => ReactNode
  /** The word that sorting by this column has in the API; absent: it cannot be sorted by. */
  readonly sort?: string
  readonly align?: 'right'
  /** Left out where the page is narrow. */
  readonly wide_only?: boolean
}

export interface Sorting {
  readonly by: string
  readonly order: 'asc' | 'desc'
}

export interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** All rows there are; `rowAt` gives undefined for those that are not loaded yet. */
  readonly total: number
  readonly rowAt: (index: number) => Row | undefined
  readonly keyOf: (row: Row) => string
  /** Told which rows are in view, so that their window can be fetched. */
  readonly onView?: (first: number, last: number) => void
  readonly onOpen?: (row: Row) => void
  readonly selected?: string | undefined
  readonly sorting?: Sorting | undefined
  readonly onSort?: (sorting: Sorting) => void
  readonly row_height?: number
  readonly max_height?: string
}

/**
 * A table of any length: only rows in view exist. It is one stop for the keyboard; arrows, Home, End and the page keys
 * move through rows, Enter opens one.
 */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, total, rowAt, keyOf, onView, onOpen, selected, row_height = 44, max_height = '70vh' } = props
  const box = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => row_height,
    overscan: 8,
  })
  const items = rows.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (total > 0) onView?.(first, last)
  }, [first, last, total, onView])
  const tracks = {
    '--columns': tracksOf(columns),
    '--columns-narrow': tracksOf(columns.filter(({ wide_only }) => !wide_only)),
  }
  const isGrid = onOpen !== undefined
  return (
    <div ref={box} className="overflow-auto" style={{ maxHeight: max_height }}>
      <div
        role={isGrid ? 'grid' : 'table'}
        aria-label={label}
        aria-rowcount={total + 1}
        className="min-w-full"
        style={tracks as React.CSSProperties}
      >
        <Head {...props} />
        <div
          role="rowgroup"
          className="relative"
          style={{ height: rows.getTotalSize() }}
          onKeyDown={(event) => moveFocus(event, { total, scrollTo: rows.scrollToIndex })}
        >
          {items.map(({ index, start, size }) => {
            const row = rowAt(index)
            const isSelected = row !== undefined && keyOf(row) === selected
            return (
              <div
                key={index}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={isGrid ? isSelected : undefined}
                data-row={index}
                tabIndex={isGrid ? (index === first || isSelected ? 0 : -1) : undefined}
                onClick={() => row !== undefined && onOpen?.(row)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || event.target !== event.currentTarget || row === undefined) return
                  event.preventDefault()
                  onOpen?.(row)
                }}
                className={cx(
                  'absolute inset-x-0 grid grid-cols-(--columns) items-center max-md:grid-cols-(--columns-narrow) gap-3 border-b border-line px-4 outline-offset-[-2px]',
                  isGrid && 'cursor-pointer hover:bg-sunken',
                  isSelected && 'bg-accent-soft hover:bg-accent-soft',
                )}
                style={{ height: size, transform: `translateY(${start}px)` }}
              >
                {columns.map((column) => (
                  <div
                    key={column.key}
                    role={isGrid ? 'gridcell' : 'cell'}
                    className={cx(
                      'min-w-0 truncate',
                      column.align === 'right' && 'text-right tabular-nums',
                      column.wide_only && 'max-md:hidden',
                    )}
                  >
                    {row === undefined ? <span className="block h-3 w-2/3 rounded bg-sunken" /> : column.cell(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function tracksOf(columns: readonly { readonly width: string }[]): string {
  return columns.map(({ width }) => width).join(' ')
}

function Head<Row>({ columns, sorting, onSort }: TableProps<Row>) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
      {/* biome-ignore lint/a11y/useFocusableInteractive: the head of a grid holds buttons where it can be used */}
      <div
        role="row"
        aria-rowindex={1}
        className="grid min-h-9 grid-cols-(--columns) items-center max-md:grid-cols-(--columns-narrow) gap-3 border-b border-line px-4 text-[0.93rem] text-soft"
      >
        {columns.map(({ key, title, sort, align, wide_only }) => {
          const isBy = sort !== undefined && sorting?.by === sort
          const order = isBy ? sorting.order : undefined
          return (
            // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus, where it can be sorted by
            <div
              key={key}
              role="columnheader"
              aria-sort={order === undefined ? undefined : order === 'asc' ? 'ascending' : 'descending'}
              className={cx('min-w-0 truncate', align === 'right' && 'text-right', wide_only && 'max-md:hidden')}
            >
              {sort === undefined || onSort === undefined ? (
                title
              ) : (
                <button
                  type="button"
                  className="inline-flex min-h-7 items-center gap-1 rounded hover:text-ink"
                  onClick={() => onSort({ by: sort, order: order === 'asc' ? 'desc' : 'asc' })}
                >
                  {title}
                  {order === 'asc' && <ArrowUp aria-hidden size={12} />}
                  {order === 'desc' && <ArrowDown aria-hidden size={12} />}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

function moveFocus(
  event: React.KeyboardEvent<HTMLDivElement>,
  { total, scrollTo }: { readonly total: number; readonly scrollTo: (index: number) => void },
): void {
  const step = steps[event.key]
  const row = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')
  if (step === undefined || row === null || event.target !== row) return
  event.preventDefault()
  const next = Math.max(0, Math.min(total - 1, Number(row.dataset.row) + step))
  const { currentTarget } = event
  const there = () => currentTarget.querySelector<HTMLElement>(`[data-row="${next}"]`)
  scrollTo(next)
  // At once where it is drawn, so that the next press counts from there; else once it has been scrolled to.
  const rowElement = there()
  if (rowElement) rowElement.focus({ preventScroll: true })
  else requestAnimationFrame(() => there()?.focus())
}
