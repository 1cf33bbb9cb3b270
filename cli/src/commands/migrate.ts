import { exitCodes } from '@muster/contract/platform/exit-codes'
import { Command } from 'commander'
import { type Context, group, say } from '../context.ts'
import { CommandFailure } from '../failures.ts'

/** `muster migrate`: brings the database up to date. Migrations go forward only. */
export function migrateCommand({ io }: Context): Command {
  const down = new Command('down').description('not supported: migrations only go forward').action(() => {
    throw new CommandFailure(
      exitCodes.refused,
      'Migrations only go forward. To go back, restore the backup from before the update and use the previous version.',
    )
  })
  const up = new Command('up').description('apply pending migrations').action(async () => {
    const { migrateDatabase } = await import('@muster/server/app/migrate')
    await migrateDatabase()
    say(io, 'The database is up to date.')
  })
  return group('migrate', 'migrate the database', []).addCommand(up, { isDefault: true }).addCommand(down)
}
