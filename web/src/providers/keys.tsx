import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from 'react'
import { storedValue, storeValue } from './local-storage.ts'

export interface Shortcut {
  /** One key as `KeyboardEvent.key` has it, `g f` for two in a row, or `mod+k` with Control or Command. */
  readonly keys: string
  readonly does: string
  readonly group: string
  readonly run: () => void
}

interface Registry {
  readonly shortcuts: () => readonly Shortcut[]
  readonly add: (shortcut: () => readonly Shortcut[]) => () => void
  readonly enabled: boolean
  readonly enable: (enabled: boolean) => void
}

const KeysContext = createContext<Registry | null>(null)
const stored_at = 'muster.keys'
/** How long after the first key of a pair the second counts. */
const pair_ms = 1_200

/**
 * Shortcuts of single keys for the whole page. They rest while somebody types or a window is open over the page, and can be
 * switched off as a whole (WCAG 2.1.4); those with Control or Command always work.
 */
export function KeysProvider({ children }: { readonly children: ReactNode }) {
  const lists = useRef(new Set<() => readonly Shortcut[]>())
  const [enabled, setEnabled] = useState(() => storedValue(stored_at) !== 'off')
  const registry = useMemo<Registry>(
    () => ({
      shortcuts: () => [...lists.current].flatMap((list) => list()),
      add(list) {
        lists.current.add(list)
        return () => lists.current.delete(list)
      },
      enabled,
      enable(on) {
        storeValue(stored_at, on ? 'on' : 'off')
        setEnabled(on)
      },
    }),
    [enabled],
  )
  useEffect(() => listen(registry), [registry])
  return <KeysContext value={registry}>{children}</KeysContext>
}

export function useKeyRegistry(): Registry {
  const registry = use(KeysContext)
  if (registry === null) throw new Error('no KeysProvider above')
  return registry
}

/** Shortcuts that hold while the component is shown; the latest ones count. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const { add } = useKeyRegistry()
  const latest = useRef(shortcuts)
  useEffect(() => {
    latest.current = shortcuts
  })
  useEffect(() => add(() => latest.current), [add])
}

function listen(registry: Registry): () => void {
  let first: { readonly key: string; readonly at: number } | undefined
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return
    const mod = event.ctrlKey || event.metaKey
    if (event.altKey || (!mod && (!registry.enabled || isTyping(event.target) || isCovered()))) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const pair = first !== undefined && event.timeStamp - first.at < pair_ms ? `${first.key} ${key}` : undefined
    first = mod ? undefined : { key, at: event.timeStamp }
    const pressedKeys = mod ? `mod+${key}` : key
    const shortcuts = registry.shortcuts()
    // The one that was added last stands closest to what is on screen.
    const shortcut =
      shortcuts.findLast(({ keys }) => keys === pair) ??
      (pair?.startsWith('g ') ? undefined : shortcuts.findLast(({ keys }) => keys === pressedKeys))
    if (shortcut === undefined) return
    event.preventDefault()
    first = undefined
    shortcut.run()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'))
  )
}

function isCovered(): boolean {
  // Messages and what stands beside the page are dialogs by their role too, and leave the page as it is.
  return document.querySelector('[role="dialog"]:not([data-beside], [aria-modal="false"]), [role="menu"]') !== null
}

/** One key or combination as text: `mod+k` is Ctrl K, or ⌘K on a Mac. */
export function keyText(key: string): string {
  return key
    .replace('mod+', navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl ')
    .replace('Escape', 'Esc')
    .replace(/(^| |⌘)([a-z])$/, (_all, before: string, letter: string) => before + letter.toUpperCase())
}

/** Keys as they are printed on a keyboard. */
export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <span className="inline-flex gap-1">
      {keys.split(' ').map((key, at) => (
        <kbd key={at} className="rounded border border-line bg-sunken px-1.5 font-mono text-[0.82rem] text-soft">
          {keyText(key)}
        </kbd>
      ))}
    </span>
  )
}
