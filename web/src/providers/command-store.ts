/** Which of the layers that every page can open is open: the palette, or the sheet of shortcuts. */
type Layer = 'commands' | 'sheet' | null

let open: Layer = null
const listeners = new Set<() => void>()

function show(layer: Layer): void {
  open = layer
  for (const notify of listeners) notify()
}

export const openCommands = (): void => show('commands')
export const openSheet = (): void => show('sheet')
export const closeLayer = (): void => show(null)
export const openLayer = (): Layer => open

/** For `useSyncExternalStore`. */
export function onLayer(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
