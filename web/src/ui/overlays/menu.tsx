import { cloneElement, lazy, type ReactElement, Suspense, useRef, useState } from 'react'
import type { MenuItem } from './menu-popup.tsx'

const MenuPopup = lazy(async () => ({ default: (await import('./menu-popup.tsx')).MenuPopup }))

/** A list of acts behind one button. What shows the list is loaded when a menu is first opened. */
export function Menu(props: {
  /** One element that takes a ref and the handlers of a button. */
  readonly trigger: ReactElement<Record<string, unknown>>
  readonly items: readonly MenuItem[]
  readonly label?: string
}) {
  const { trigger, items, label } = props
  const button = useRef<HTMLElement>(null)
  // A press on the button also counts as one beside the open list, which that closes; it must not open it again.
  const was_open = useRef(false)
  const [state, setState] = useState<'never' | 'closed' | 'open'>('never')
  const is_open = state === 'open'
  return (
    <>
      {cloneElement(trigger, {
        ref: button,
        'aria-haspopup': 'menu',
        'aria-expanded': is_open,
        onPointerDown: () => {
          was_open.current = is_open
        },
        onClick: () => {
          setState(was_open.current ? 'closed' : 'open')
          was_open.current = false
        },
      })}
      {state !== 'never' && (
        <Suspense fallback={null}>
          <MenuPopup
            open={is_open}
            onOpenChange={(open) => setState(open ? 'open' : 'closed')}
            anchor={button}
            items={items}
            label={label}
          />
        </Suspense>
      )}
    </>
  )
}
