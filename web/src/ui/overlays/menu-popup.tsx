import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode, RefObject } from 'react'
import { cx } from '../cx.ts'

export interface MenuItem {
  readonly label: ReactNode
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly disabledReason?: string | false | undefined
  readonly onSelect: () => void
}

export interface MenuPopupProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly anchor: RefObject<HTMLElement | null>
  readonly items: readonly MenuItem[]
  readonly label: string | undefined
}

/** The list itself, below the button that opened it; the focus goes back there. */
export function MenuPopup({ open, onOpenChange, anchor, items, label }: MenuPopupProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Positioner anchor={anchor} sideOffset={4} align="end" className="z-50">
          <Base.Popup
            aria-label={label}
            finalFocus={anchor}
            className="min-w-48 rounded-lg border border-line bg-raised p-1 shadow-raised outline-none"
          >
            {items.map(({ label: text, icon, danger, disabledReason, onSelect }, at) => (
              <Base.Item
                key={at}
                disabled={Boolean(disabledReason)}
                onClick={onSelect}
                className={cx(
                  'flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2.5 outline-none data-highlighted:bg-sunken data-disabled:cursor-not-allowed data-disabled:opacity-60',
                  danger === true && 'text-bad',
                )}
              >
                {icon}
                <span>
                  {text}
                  {disabledReason && <span className="block text-[0.86rem] text-soft">{disabledReason}</span>}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
