import { invariant } from '../errors.ts'

/**
 * A place where a module lets later ones add to what it does. The earlier module declares it in its `x.extensions.ts`; later
 * modules fill it in their manifests; `app/` connects both once every module is built. docs/generated/modules.md lists all.
 */
export interface ExtensionPoint<Contribution> {
  /** `module.noun`, such as `approvals.subjects`. */
  readonly name: string
  /** What there can be one of only, such as the kind of a subject; absent: any number of contributions. */
  readonly keyOf?: (contribution: Contribution) => string
  /** Never set: it carries the type. */
  readonly contribution?: Contribution
}

/** What a manifest adds to an extension point. */
export interface Extension {
  readonly point: string
  readonly key: string | undefined
  readonly contribution: unknown
}

/** What modules read their extension points from. */
export interface Extensions {
  /** Everything that was added, in the order of the modules. A mistake of ours before the program is put together. */
  of<Contribution>(point: ExtensionPoint<Contribution>): readonly Contribution[]
}

export function extensionPoint<Contribution>(
  name: string,
  keyOf?: (contribution: Contribution) => string,
): ExtensionPoint<Contribution> {
  return keyOf === undefined ? { name } : { name, keyOf }
}

export function extend<Contribution>(
  point: ExtensionPoint<Contribution>,
  ...contributions: readonly NoInfer<Contribution>[]
): readonly Extension[] {
  const { name, keyOf } = point
  return contributions.map((contribution) => ({ point: name, key: keyOf?.(contribution), contribution }))
}

/** The one collection of a program: modules hold it from the start and read it once `connect` was called. */
export function createExtensions(): Extensions & { connect(extensions: readonly Extension[]): void } {
  let contributionsByPoint: ReadonlyMap<string, readonly unknown[]> | undefined
  return {
    of<Contribution>({ name }: ExtensionPoint<Contribution>) {
      invariant(contributionsByPoint, `the extension point ${name} was used before the program was put together`)
      // Only `extend` makes extensions, and it ties the contribution's type to the point.
      return (contributionsByPoint.get(name) ?? []) as readonly Contribution[]
    },
    connect(extensions) {
      const byPoint = new Map<string, unknown[]>()
      const keys = new Set<string>()
      for (const { point, key, contribution } of extensions) {
        invariant(key === undefined || !keys.has(`${point} ${key}`), `two modules fill ${point} for ${key}`)
        if (key !== undefined) keys.add(`${point} ${key}`)
        byPoint.set(point, [...(byPoint.get(point) ?? []), contribution])
      }
      contributionsByPoint = byPoint
    },
  }
}

/** Extensions that are connected from the start, for parts that are put together without a program. */
export function connectedExtensions(...extensions: readonly (readonly Extension[])[]): Extensions {
  const collection = createExtensions()
  collection.connect(extensions.flat())
  return collection
}
