import { storedValue, storeValue } from './local-storage.ts'

export const themes = ['light', 'dark', 'system'] as const
export type Theme = (typeof themes)[number]

const stored_at = 'muster.theme'
const dark = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()

/** What was chosen; `system` where nothing was. `theme-first.js` reads the same before the first paint. */
export function chosenTheme(): Theme {
  const storedTheme = storedValue(stored_at)
  return storedTheme === 'light' || storedTheme === 'dark' ? storedTheme : 'system'
}

export function chooseTheme(theme: Theme): void {
  storeValue(stored_at, theme === 'system' ? null : theme)
  apply()
}

/** For `useSyncExternalStore`. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function apply(): void {
  const theme = chosenTheme()
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme
  for (const notify of listeners) notify()
}

dark.addEventListener('change', apply)
addEventListener('storage', ({ key }) => {
  if (key === stored_at) apply()
})
