import type { ReactNode } from 'react'
import { cx } from './cx.ts'

export interface FigureColumn<Row> {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** It is what the table is read for. */
  readonly strong?: boolean
}

export interface FigureTableProps<Row> {
  readonly label: string
  /** The heading of the first column, which names the rows. */
  readonly heading: string
  readonly nameOf: (row: Row) => ReactNode
  readonly columns: readonly FigureColumn<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** Of the frame, which scrolls where the table is too large for it. */
  readonly className?: string
  readonly dense?: boolean
}

/** A short table of figures, all of it drawn: a name and its figures a row. Long lists have `Table`. */
export function FigureTable<Row>(props: FigureTableProps<Row>) {
  const { label, heading, nameOf, columns, rows, keyOf, className, dense = false } = props
  const name = cx('min-w-40 font-normal', dense ? 'px-3 py-1.5' : 'px-4 py-2')
  const figure = cx('whitespace-nowrap px-2 text-right', dense ? 'py-1.5 last:pr-3' : 'py-2 last:pr-4')
  return (
    <div className={cx('overflow-auto', className)} tabIndex={0} role="group" aria-label={label}>
      <table className="w-full text-left tabular-nums">
        <thead className="text-[0.93rem] text-soft">
          <tr className="border-b border-line">
            <th scope="col" className={name}>
              {heading}
            </th>
            {columns.map(({ title }) => (
              <th key={title} scope="col" className={cx(figure, 'font-normal')}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row" className={name}>
                {nameOf(row)}
              </th>
              {columns.map(({ title, cell, strong }) => (
                <td key={title} className={cx(figure, strong && 'font-medium')}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
