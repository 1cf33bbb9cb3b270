import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'

export interface SelectionBarProps {
  /** Such as “3 agents”. */
  readonly selected: string
  /** What can be done with all of them. */
  readonly children: ReactNode
  readonly onClear: () => void
  readonly className?: string
}

/** What can be done with the selected rows of a list at once. */
export function SelectionBar({ selected, children, onClear, className }: SelectionBarProps) {
  return (
    <div className={cx('flex flex-wrap items-center gap-2 bg-accent-soft py-2', className)}>
      <span className="font-medium">{selected} selected</span>
      {children}
      <Button small variant="ghost" onClick={onClear}>
        Clear selection
      </Button>
    </div>
  )
}
