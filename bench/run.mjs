// `npm run bench -- engine [options]`: figures as ratios within one run, since machines differ and are shared.
const benches = {
  'budget-race': './budget-race.mjs',
  engine: './engine.mjs',
  gateway: './gateway.mjs',
  page: './page.mjs',
  waiting: './waiting.mjs',
}
const [name, ...options] = process.argv.slice(2)
const file = benches[name]
if (file === undefined) {
  process.stderr.write(`Which bench? There are: ${Object.keys(benches).join(', ')}.\n`)
  process.exitCode = 2
} else {
  const { run } = await import(file)
  await run(options)
}
