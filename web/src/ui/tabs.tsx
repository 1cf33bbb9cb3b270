import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

/** Parts of one thing beside each other; which one is shown is the caller's to keep, in the URL. */
export function Tabs<Value extends string>(props: {
  readonly value: Value
  readonly onChange: (value: Value) => void
  readonly tabs: readonly { readonly value: Value; readonly label: ReactNode; readonly content: ReactNode }[]
}) {
  const { value, onChange, tabs } = props
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <Base.List className="flex gap-1 overflow-x-auto border-b border-line px-2">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.value}
            value={tab.value}
            className="-mb-px min-h-9 whitespace-nowrap border-b-2 border-transparent px-2.5 text-soft hover:text-ink aria-selected:border-accent aria-selected:font-medium aria-selected:text-ink"
          >
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="outline-offset-[-2px]">
          {tab.value === value && tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
