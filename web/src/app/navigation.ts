import { type Navigate, navigationGroups, type SearchResult } from '../providers/feature-manifest.ts'
import { features } from './features.ts'

const entries = features.flatMap(({ navigation }) => navigation ?? [])
export type Entry = (typeof entries)[number]

/** What the manifests say about ways through the page, put together. Parts that are loaded later get it as a property. */
export const navigation = {
  entries,
  /** The entries by group; a group without entries is left out. */
  groups: navigationGroups
    .map((title) => ({ title, entries: entries.filter(({ group }) => group === title) }))
    .filter((group) => group.entries.length > 0),
  commands: features.flatMap(({ commands }) => commands ?? []),
  /** Opens a search result on the page of its feature. */
  openResult(result: SearchResult, navigate: Navigate): unknown {
    const feature = features.find(({ search_results }) => search_results?.[result.kind] !== undefined)
    return feature?.search_results?.[result.kind]?.(result, navigate)
  },
  /** The entry whose page or subpage the path is. */
  entryOf: (path: string): Entry | undefined =>
    entries.find(({ to }) => path === to || (to !== '/' && path.startsWith(`${to}/`))),
} as const
export type Navigation = typeof navigation
