import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import type { OwnPostgres } from './stage/stage.ts'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

interface BuildTool {
  build(options: { readonly ifStale: boolean }): Promise<{ readonly built: boolean }>
  bundleProgram(options: { readonly outdir: string; readonly plugins: readonly Plugin[] }): Promise<void>
}

interface PostgresTool {
  startPostgres(options?: {
    readonly settings?: Readonly<Record<string, string | number>>
  }): Promise<OwnPostgres & { stop(): Promise<void> }>
}

/** These are JavaScript, since they run where TypeScript may not be installed yet. */
const tool = (name: string): Promise<unknown> => import(new URL(`../../../tools/${name}.mjs`, import.meta.url).href)

export const { build, bundleProgram } = (await tool('build')) as BuildTool
export const { startPostgres } = (await tool('setup/postgres')) as PostgresTool
