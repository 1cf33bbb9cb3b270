import { invariant } from '../platform/errors.ts'
import type { Manifest } from '../platform/module/module.ts'

/** What a module's function gives: its manifest, under its own name what later modules are given, and more for `app/`. */
type Built<Name extends string> = { readonly manifest: Manifest } & Readonly<Record<Name, unknown>>

/**
 * Puts a program together from modules, one call a module. `Deps` is what the next module is given: the means of the
 * platform and what the earlier modules offer; a module that asks for something later is an error of types.
 */
export interface ProgramBuilder<Engine, Deps extends object, Parts extends object> {
  add<Name extends string, Module extends Built<Name>>(
    name: Name,
    create: (deps: Deps) => Module,
  ): ProgramBuilder<Engine, Deps & Pick<Module, Name>, Parts & Omit<Module, 'manifest'>>
  /** For a module that may see every tenant at once: it is given `engine`, whose transactions do. */
  addWithEngine<Name extends string, Module extends Built<Name>>(
    name: Name,
    create: (deps: Deps & { readonly engine: Engine }) => Module,
  ): ProgramBuilder<Engine, Deps & Pick<Module, Name>, Parts & Omit<Module, 'manifest'>>
  /** What the modules gave beside their manifests, in one object. */
  readonly parts: Parts
}

/** `manifests` is filled on the way, so that a module can read those of earlier ones. */
export function programBuilder<Engine, Means extends object>(
  means: Means,
  { engine, manifests }: { readonly engine: Engine; readonly manifests: Manifest[] },
): ProgramBuilder<Engine, Means, object> {
  function builderOf<Deps extends object, Parts extends object>(
    deps: Deps,
    parts: Parts,
  ): ProgramBuilder<Engine, Deps, Parts> {
    function withModule<Name extends string, Module extends Built<Name>>(name: Name, { manifest, ...module }: Module) {
      for (const key of Object.keys(module))
        invariant(!(key in deps || key in parts), `the module ${name} gives ${key}, which there is already`)
      manifests.push(manifest)
      // TypeScript cannot follow a key that is a type parameter.
      const port = { [name]: module[name as unknown as keyof typeof module] } as unknown as Pick<Module, Name>
      return builderOf({ ...deps, ...port }, { ...parts, ...module })
    }
    return {
      add: (name, create) => withModule(name, create(deps)),
      addWithEngine: (name, create) => withModule(name, create({ ...deps, engine })),
      parts,
    }
  }
  return builderOf(means, {})
}
