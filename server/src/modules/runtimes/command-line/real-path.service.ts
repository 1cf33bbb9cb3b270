import { realpathSync } from 'node:fs'

/** The path without symbolic links; undefined where it does not exist. */
export function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    // It does not exist.
    return undefined
  }
}
