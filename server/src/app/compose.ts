import { createSealedSignal } from '../platform/journal/sealed-signal.ts'
import { type ComposeOptions, createMeans } from './means.ts'
import { addModules } from './modules.ts'
import { platformManifest } from './platform-manifest.ts'
import { programBuilder } from './program-builder.ts'
import { createStack } from './stack.ts'

/** Builds every module in the order of `modules.ts`, and connects their extension points. */
export function compose(options: ComposeOptions) {
  const { engine } = options.database
  const means = createMeans(options)
  const { manifests, extensions, bounded } = means
  const { parts } = addModules(programBuilder(means, { engine, manifests }))
  extensions.connect(manifests.flatMap((manifest) => manifest.extensions?.flat() ?? []))
  const threads = createStack()
  threads.use(parts.tool_threads)
  threads.use(bounded)
  return {
    ...means,
    ...parts,
    engine,
    sealed: createSealedSignal(),
    /** Disposing ends the threads of this process. */
    threads,
    manifests: [platformManifest(options, means), ...manifests],
  }
}

export type Program = ReturnType<typeof compose>
