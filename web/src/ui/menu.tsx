import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx.ts'

export interface MenuItem {
  readonly label: ReactNode
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly denied?: string | false | undefined
  readonly onSelect: () => void
}

/** A list of acts behind one button. */
export function Menu({
  trigger,
  items,
  label,
}: {
  readonly trigger: ReactElement<Record<string, unknown>>
  readonly items: readonly MenuItem[]
  readonly label?: string
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup
            aria-label={label}
            className="min-w-48 rounded-lg border border-line bg-raised p-1 shadow-raised outline-none"
          >
            {items.map(({ label: text, icon, danger, denied, onSelect }, at) => (
              <Base.Item
                key={at}
                disabled={Boolean(denied)}
                onClick={onSelect}
                className={cx(
                  'flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2.5 outline-none data-highlighted:bg-sunken data-disabled:cursor-not-allowed data-disabled:opacity-60',
                  danger === true && 'text-bad',
                )}
              >
                {icon}
                <span>
                  {text}
                  {denied && <span className="block text-[0.86rem] text-soft">{denied}</span>}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
