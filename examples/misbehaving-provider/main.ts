import { faults } from './faults.ts'
import { startMisbehavingProvider } from './provider.ts'

/** `npx tsx examples/misbehaving-provider/main.ts [PORT]` */
const provider = await startMisbehavingProvider({ port: Number(process.argv[2] ?? 9999) })
process.stdout.write(`${provider.base_url} misbehaves as the name of the model says:\n`)
for (const [name, { says }] of Object.entries(faults)) process.stdout.write(`  ${name.padEnd(22)}${says}\n`)
