import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts a worker thread from `<name>.thread.ts` beside `from`, or, in a build, from the bundle `<name>.thread.js`.
 * From source the thread registers the TypeScript loader itself, since Node 20 does not hand loaders on to threads.
 */
export function startThread(name: string, from: string, data: unknown): Worker {
  return start(name, from, { workerData: data })
}

/** The same with a limit on its heap: over it the thread ends, and the process goes on. */
export function startThreadWithHeap(name: string, from: string, heap_mb: number): Worker {
  return start(name, from, { resourceLimits: { maxOldGenerationSizeMb: heap_mb } })
}

function start(name: string, from: string, options: WorkerOptions): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.thread.js`, from), options)
  const entry = new URL(`./${name}.thread.ts`, from).href
  const loader = import.meta.resolve('tsx/esm/api')
  const boot = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}) })`
  return new Worker(boot, { ...options, eval: true })
}
