/** The seed of a run: the one that `MUSTER_TEST_SEED` names, to play a failure again, else a fresh one. It is printed. */
export function seedOf(what: string): number {
  const named = process.env.MUSTER_TEST_SEED
  const seed = named === undefined ? (Date.now() ^ (process.pid << 16)) | 0 : Number(named)
  process.stdout.write(`${what}: seed ${seed} (MUSTER_TEST_SEED=${seed} plays it again)\n`)
  return seed
}

/** How many sequences are played: `MUSTER_TEST_SEQUENCES` of them, where it is set. */
export function runsOf(usual: number): number {
  return Number(process.env.MUSTER_TEST_SEQUENCES ?? usual)
}
