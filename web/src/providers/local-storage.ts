/** Where storage is forbidden, what is kept holds until the page is left. */
const here = new Map<string, string | null>()

/** What this browser keeps for itself, such as the theme; null where it keeps nothing of that name. */
export function storedValue(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return here.get(name) ?? null
  }
}

/** Keeps a value; null forgets it. */
export function storeValue(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch {
    here.set(name, value)
  }
}
