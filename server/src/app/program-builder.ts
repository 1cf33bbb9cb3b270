import { invariant } from '../platform/errors.ts'
import type { Manifest } from '../platform/module.ts'

/** What a module's function gives: its manifest, under its own name what later modules are given, and more for `app/`. */
type Built<Name extends string> = { readonly manifest: Manifest } & Readonly<Record<Name, unknown>>

/**
 * Puts a program together from modules, one call a module. `Given` is what the next module is given: the means of the
 * platform and what the earlier modules offer; a module that asks for something later is an error of types.
 */
export interface ProgramBuilder<Engine, Given extends object, Parts extends object> {
  add<Name extends string, Module extends Built<Name>>(
    name: Name,
    create: (given: Given) => Module,
  ): ProgramBuilder<Engine, Given & Pick<Module, Name>, Parts & Omit<Module, 'manifest'>>
  /** For a module that may see every tenant at once: it is given `engine`, whose transactions do. */
  addWithEngine<Name extends string, Module extends Built<Name>>(
    name: Name,
    create: (given: Given & { readonly engine: Engine }) => Module,
  ): ProgramBuilder<Engine, Given & Pick<Module, Name>, Parts & Omit<Module, 'manifest'>>
  /** What the modules gave beside their manifests, in one object. */
  readonly parts: Parts
}

/** `manifests` is filled on the way, so that a module can read those of earlier ones. */
export function programBuilder<Engine, Means extends object>(
  means: Means,
  { engine, manifests }: { readonly engine: Engine; readonly manifests: Manifest[] },
): ProgramBuilder<Engine, Means, object> {
  function after<Given extends object, Parts extends object>(
    given: Given,
    parts: Parts,
  ): ProgramBuilder<Engine, Given, Parts> {
    function added<Name extends string, Module extends Built<Name>>(name: Name, { manifest, ...module }: Module) {
      for (const key of Object.keys(module))
        invariant(!(key in given || key in parts), `the module ${name} gives ${key}, which there is already`)
      manifests.push(manifest)
      // TypeScript cannot follow a key that is a type parameter.
      const port = { [name]: module[name as unknown as keyof typeof module] } as unknown as Pick<Module, Name>
      return after({ ...given, ...port }, { ...parts, ...module })
    }
    return {
      add: (name, create) => added(name, create(given)),
      addWithEngine: (name, create) => added(name, create({ ...given, engine })),
      parts,
    }
  }
  return after(means, {})
}
