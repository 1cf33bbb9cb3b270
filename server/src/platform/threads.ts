import { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread from `<name>.thread.ts` beside `from`, or, in a build, from the bundle `<name>.thread.js`.
 * From source the thread registers the TypeScript loader itself, since Node 20 does not hand loaders on to threads.
 */
export function startThread(name: string, from: string, data: unknown): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.thread.js`, from), { workerData: data })
  const entry = new URL(`./${name}.thread.ts`, from).href
  const loader = import.meta.resolve('tsx/esm/api')
  const boot = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}) })`
  return new Worker(boot, { eval: true, workerData: data })
}
