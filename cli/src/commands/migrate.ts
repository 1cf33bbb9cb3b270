import { exitCodes } from '@muster/contract/platform/exit-codes'
import { Command } from 'commander'
import { type Context, group, say } from '../context.ts'
import { CommandFailure } from '../failures.ts'

/** `muster migrate`: brings the database up to date. Migrations go forward only. */
export function migrateCommand({ io }: Context): Command {
  const down = new Command('down').description('refused: migrations go forward only').action(() => {
    throw new CommandFailure(
      exitCodes.refused,
      'Migrations go forward only. To go back, restore the backup that was taken before the update, with the program of that time.',
    )
  })
  const up = new Command('up').description('apply the migrations that the database has not seen').action(async () => {
    const { migrateDatabase } = await import('@muster/server/app/migrate')
    await migrateDatabase()
    say(io, 'The database is up to date.')
  })
  return group('migrate', 'bring the database up to date', []).addCommand(up, { isDefault: true }).addCommand(down)
}
