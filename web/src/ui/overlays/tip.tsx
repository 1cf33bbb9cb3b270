import { Tooltip } from '@base-ui/react/tooltip'
import { type ReactElement, type ReactNode, useState } from 'react'

interface TipProps {
  readonly text: ReactNode
  /** Shows on a press too, which is the only way that a finger has to ask. */
  readonly on_press?: boolean
  /** One element that takes a ref. */
  readonly children: ReactElement<Record<string, unknown>>
}

/** A word of explanation on hover and focus. */
export function Tip({ text, on_press = false, children }: TipProps) {
  const [open, setOpen] = useState(false)
  return (
    <Tooltip.Root open={open} onOpenChange={setOpen}>
      <Tooltip.Trigger
        closeOnClick={!on_press}
        render={children}
        {...(on_press ? { onClick: () => setOpen(true), onBlur: () => setOpen(false) } : {})}
      />
      <Tooltip.Portal>
        <Tooltip.Positioner data-tip="" sideOffset={6} className="z-60">
          <Tooltip.Popup className="max-w-80 rounded-md border border-line bg-raised px-2 py-1 text-[0.93rem] text-ink shadow-raised">
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
