import type { find } from '@muster/contract/dashboard/operations'
import type { ResponseOf } from '@muster/contract/operation'
import type { AnyRoute, useNavigate } from '@tanstack/react-router'
import type { LucideIcon } from 'lucide-react'
import type { ComponentType } from 'react'
import type { Invalidation } from '../api/invalidation.ts'

/** The groups of the navigation, in their order. */
export const navigationGroups = ['Agents', 'Work', 'Knowledge', 'Models and costs', 'Administration'] as const

export type Navigate = ReturnType<typeof useNavigate>
/** One result of the search over everything. */
export type SearchResult = ResponseOf<typeof find>['items'][number]

/** The paths of routes that need no parameters. */
type StaticPath<Routes extends readonly AnyRoute[]> = Exclude<Routes[number]['fullPath'], `${string}$${string}`>

export interface NavigationEntry<Path extends string> {
  readonly to: Path
  readonly label: string
  readonly group: (typeof navigationGroups)[number]
  /** The key to press after `g`. */
  readonly key: string
  readonly icon: LucideIcon
  /** Whether the bar at the bottom of a phone shows it too. */
  readonly on_phone_bar?: true
  /** A count beside the label. */
  readonly badge?: ComponentType
}

/** Something that can be done from every page, by its keys or from the command menu. */
export interface FeatureCommand {
  readonly label: string
  readonly icon: LucideIcon
  /** As `Shortcut.keys`. */
  readonly keys: string
  readonly run: (navigate: Navigate) => unknown
}

/** What a feature adds to the page. `app/features.ts` lists all features; the shell, the router and the live feed read it. */
export interface FeatureManifest<Routes extends readonly AnyRoute[]> {
  /** Their components are loaded when a route is first opened. */
  readonly routes: Routes
  readonly navigation?: NavigationEntry<StaticPath<Routes>>
  readonly commands?: readonly FeatureCommand[]
  /** Opens a search result, by its kind. */
  readonly search_results?: {
    readonly [Kind in SearchResult['kind']]?: (result: SearchResult, navigate: Navigate) => unknown
  }
  /** Which queries are asked again after which events. */
  readonly invalidations?: readonly Invalidation[]
}
